/**
 * The guard of Redis Cluster: the tests run on one server, which takes a command whatever keys it has; here it is
 * refused as a cluster would if they lie in different slots.
 */
import slotOf from 'cluster-key-slot';
import { type Command, Redis } from 'ioredis';
import { spreadScripts } from '../../shared/redis/index.ts';

const refused: string[] = [];

/** Scripts that treat each key by itself are grouped for a cluster, by `spreadScript`, whose own test shows how. */
function mayBeSpread({ name, args }: Command): boolean {
  return (name === 'evalsha' || name === 'eval') && spreadScripts.has(String(args[0]));
}

function slotsOf(command: Command): Set<number> {
  return new Set(command.getKeys().map((key) => slotOf(String(key))));
}

function refuse(what: string): Error {
  refused.push(`${what}\n${new Error().stack?.split('\n').slice(3, 9).join('\n')}`);
  return new Error(`CROSSSLOT Keys in request don't hash to the same slot: ${what}`);
}

/** A pipeline, or a transaction, goes to one node: to be sure, to one slot. What it has is told by where it is written. */
const pipelines = new WeakMap<object, number>();

function leavesPipeline(slot: number | undefined, stream: object | null | undefined): boolean {
  if (slot === undefined || !stream) return false;
  const first = pipelines.get(stream) ?? slot;
  pipelines.set(stream, first);
  return first !== slot;
}

const send = Redis.prototype.sendCommand;
Redis.prototype.sendCommand = function (command: Command, stream) {
  if (command.args.length === 0 || mayBeSpread(command)) return send.call(this, command, stream);
  const [slot, ...others] = slotsOf(command);
  if (others.length === 0 && !leavesPipeline(slot, stream)) return send.call(this, command, stream);
  const error = refuse(`${command.name} ${command.getKeys().join(' ')}`);
  // The commands of a pipeline are counted as they are written; to leave one out would hang the rest.
  if (stream) return send.call(this, command, stream);
  command.reject(error);
  return command.promise;
};

/** @throws if a command was sent since the last look that a cluster would refuse, naming its keys. */
export function expectOneSlotEach(): void {
  const found = refused.splice(0);
  if (found.length > 0) throw new Error(`A Redis Cluster would refuse:\n${found.join('\n')}`);
}
