/** The Procfile, compose.yaml and the manifests of Kubernetes run the same programs. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import { parseProcfile } from '../../scripts/start/procfile.ts';
import { queueNames } from '../../shared/jobs.ts';
import { type Container, composeServices, manifests, ownServices } from '../tools/manifests.ts';

const containerOf = (manifest: ReturnType<typeof manifests>[number]) =>
  manifest.spec.template.spec.containers[0] as Container;

/** `api`, `relay` and the names of queues: what commands such as `node workers/main.ts relay feeds` run. */
function parts(commands: readonly string[][]): string[] {
  return commands
    .flatMap(([, program, ...names]) => {
      if (program === 'api/main.ts') return ['api'];
      return program === 'workers/main.ts' ? names : [];
    })
    .toSorted();
}

const everything = ['api', 'relay', ...queueNames].toSorted();

describe('what runs', () => {
  it('is the same in the Procfile, in compose.yaml and in Kubernetes, each part once', () => {
    const procfile = parseProcfile(readFileSync('Procfile', 'utf8'));
    expect(parts(procfile.map(({ command, args }) => [command, ...args]))).to.deep.equal(everything);
    expect(parts(ownServices().map(([, { command }]) => command ?? []))).to.deep.equal(everything);
    expect(parts(manifests('Deployment').map((one) => containerOf(one).args))).to.deep.equal(everything);
  });

  it('has a service, a deployment and a scaler of its own for every queue', () => {
    const services = composeServices();
    const deployments = manifests('Deployment');
    const scalers = manifests('ScaledObject');
    for (const queue of queueNames) {
      const name = `worker-${queue}`;
      const command = ['node', 'workers/main.ts', queue];
      expect(services[name]?.command, name).to.deep.equal(command);
      const deployment = deployments.find(({ metadata }) => metadata.name === name);
      expect(deployment && containerOf(deployment).args, name).to.deep.equal(command);
      // Applying it again must not undo what the scaler did.
      expect(deployment?.spec.replicas, name).to.equal(undefined);
      expect(scalers.filter(({ metadata }) => metadata.name === name)).to.have.length(1);
    }
    expect(scalers).to.have.length(queueNames.length);
  });

  it('is migrated first, in compose.yaml and in Kubernetes', () => {
    const migrate = ['node', 'scripts/migrate.ts'];
    expect(composeServices().migrate?.command).to.deep.equal(migrate);
    expect(manifests('Job').map((job) => containerOf(job).args)).to.deep.equal([migrate]);
    for (const [name, { depends_on }] of ownServices().filter(([name]) => name !== 'migrate'))
      expect(depends_on?.migrate?.condition, name).to.equal('service_completed_successfully');
  });

  it('has limits, logs that end and a health check, whatever it is', () => {
    for (const [name, service] of Object.entries(composeServices())) {
      expect(service.logging, name).to.have.nested.property('options.max-size');
      expect(service.restart, name).to.be.oneOf(['unless-stopped', 'no']);
      // Latest is another one tomorrow; ours is built here.
      expect(service.image, name).to.match(/:\$?[^:]*(\d|\})/);
      if (service.restart === 'no') continue;
      expect(service.deploy?.resources.limits, name).to.have.all.keys('cpus', 'memory');
      expect(service.healthcheck?.test, name).to.be.an('array').that.is.not.empty;
    }
  });

  it('has longer to end than a process takes for it', () => {
    const longestMs = Number(
      /longestMs = ([\d_]+)/.exec(readFileSync('shared/stop.ts', 'utf8'))?.[1]?.replace('_', ''),
    );
    for (const [name, service] of ownServices())
      expect(Number.parseInt(service.stop_grace_period ?? '', 10) * 1_000, name).to.be.above(longestMs);
    for (const { metadata, spec } of manifests('Deployment'))
      expect((spec.template.spec.terminationGracePeriodSeconds ?? 0) * 1_000, metadata.name).to.be.above(
        longestMs,
      );
  });

  it('is probed, bounded and without rights in every pod', () => {
    for (const manifest of [...manifests('Deployment'), ...manifests('Job')]) {
      const { name } = manifest.metadata;
      const { containers, securityContext } = manifest.spec.template.spec;
      expect(securityContext, name).to.include({ runAsNonRoot: true }).and.to.have.property('seccompProfile');
      expect(containers, name).to.have.length(1);
      const [container] = containers as [Container];
      expect(container.securityContext, name).to.deep.equal({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources, name).to.have.nested.property('limits.memory');
      expect(container.resources, name).to.have.nested.property('requests.cpu');
      if (manifest.kind === 'Job') continue;
      expect(container.startupProbe, name).to.be.an('object');
      expect(container.livenessProbe, name).to.be.an('object');
      if (name === 'api') expect(container.readinessProbe).to.have.nested.property('httpGet.path', '/readyz');
      const isSeveral = (manifest.spec.replicas ?? minReplicas(name)) > 1;
      const budgets = manifests('PodDisruptionBudget').filter(({ metadata }) => metadata.name === name);
      expect(budgets, `${name} and its budget`).to.have.length(isSeveral ? 1 : 0);
      expect(
        budgets.every(({ spec }) => spec.selector?.matchLabels['app.kubernetes.io/name'] === name),
      ).to.equal(true);
    }
  });

  const minReplicas = (name: string) =>
    manifests('ScaledObject').find(({ metadata }) => metadata.name === name)?.spec.minReplicaCount ?? 1;

  /** What KEDA's own resource takes, as far as it is used here: https://keda.sh/docs/latest/reference/scaledobject-spec/ */
  const scaledObject = z.strictObject({
    file: z.string(),
    apiVersion: z.literal('keda.sh/v1alpha1'),
    kind: z.literal('ScaledObject'),
    metadata: z.strictObject({ name: z.string(), namespace: z.literal('emulsion') }),
    spec: z.strictObject({
      scaleTargetRef: z.strictObject({ name: z.string() }),
      pollingInterval: z.int().positive(),
      minReplicaCount: z.int().positive(),
      maxReplicaCount: z.int().positive(),
      fallback: z.strictObject({ failureThreshold: z.int(), replicas: z.int() }),
      advanced: z.strictObject({
        horizontalPodAutoscalerConfig: z.strictObject({
          behavior: z.strictObject({
            scaleDown: z.strictObject({ stabilizationWindowSeconds: z.int().max(3_600) }),
          }),
        }),
      }),
      triggers: z.tuple([
        z.strictObject({
          type: z.literal('prometheus'),
          // Numbers are strings in it.
          metadata: z.strictObject({
            serverAddress: z.url(),
            query: z.string(),
            threshold: z.string().regex(/^\d+$/),
          }),
        }),
      ]),
    }),
  });

  it('is scaled by the age of what waits, in terms KEDA and /metrics know', () => {
    const gauges = readFileSync('api/metrics/gauges.ts', 'utf8');
    for (const manifest of manifests('ScaledObject')) {
      const { metadata, spec } = scaledObject.parse(manifest);
      expect(spec.scaleTargetRef.name).to.equal(metadata.name);
      expect(spec.maxReplicaCount).to.be.above(spec.minReplicaCount);
      const queue = metadata.name.replace('worker-', '');
      const [, metric] =
        /^max\(emulsion_(\w+)\{queue="(\w+)"\}\)$/.exec(spec.triggers[0].metadata.query) ?? [];
      expect(spec.triggers[0].metadata.query).to.contain(`queue="${queue}"`);
      expect(gauges).to.contain(`gauge('${metric}'`);
    }
  });
});
