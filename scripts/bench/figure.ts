/** What every figure is given, and what it has to say. */
import type { Engines } from './stage.ts';

export type Bench = {
  /** The engines of this run, started when the first figure asks for them. */
  engines(): Promise<Engines>;
  /** How many rounds count. */
  rounds: number;
  /** What share of its data a figure that takes minutes to fill is measured with; 1 unless a small run is asked for. */
  scale: number;
  /** Says what is being done, for whoever waits. */
  note(text: string): void;
  signal: AbortSignal;
  /** Has something ended also if the run is interrupted. */
  onStop(stop: () => Promise<void>): void;
};

/** Measures, and replies the lines to print. */
export type Figure = (bench: Bench) => Promise<string[]>;
