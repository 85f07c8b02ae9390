/** compose/ as tests read it: what runs, and with which settings. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

const folder = fileURLToPath(new URL('../../compose', import.meta.url));

/** The text of a file below compose/. */
export const readCompose = (path: string) => readFileSync(join(folder, path), 'utf8');

/** A service of compose.yaml, as far as tests look at it. */
export type Service = {
  image: string;
  command?: string[];
  profiles?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test?: string[]; disable?: boolean };
  deploy?: { resources: { limits: { cpus: string; memory: string } } };
  depends_on?: Record<string, { condition: string; required?: boolean }>;
  logging?: object;
  restart?: string;
  stop_grace_period?: string;
  volumes?: string[];
};

/** The services by name, what they share merged into each. */
export function composeServices(): Record<string, Service> {
  // Its anchors are ours: there are many, and no attack among them.
  return parse(readCompose('compose.yaml'), { merge: true, maxAliasCount: -1 }).services;
}

/** The services that are this project's own programs. */
export function ownServices(): [name: string, service: Service][] {
  return Object.entries(composeServices()).filter(([, { image }]) => image.includes('emulsion'));
}

export type Container = {
  name: string;
  args: string[];
  env?: { name: string; value: string }[];
  envFrom: object[];
  resources: { requests: object; limits: object };
  securityContext: Record<string, unknown>;
  startupProbe?: object;
  livenessProbe?: object;
  readinessProbe?: object;
};

/** A manifest of Kubernetes, as far as tests look at it. */
export type Manifest = {
  file: string;
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  spec: {
    replicas?: number;
    minReplicaCount?: number;
    selector?: { matchLabels: Record<string, string> };
    template: {
      metadata: { labels: Record<string, string> };
      spec: {
        containers: Container[];
        terminationGracePeriodSeconds?: number;
        securityContext: Record<string, unknown>;
      };
    };
  };
};

/** Every manifest of compose/k8s, or those of one kind. */
export function manifests(kind?: string): Manifest[] {
  const files = globSync(join(folder, 'k8s/*.yaml'));
  const all = files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((document) => ({
      file: basename(file),
      ...(document.toJS() as Omit<Manifest, 'file'>),
    })),
  );
  return all.filter((manifest) => kind === undefined || manifest.kind === kind);
}
