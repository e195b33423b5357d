/** A flag of V8, and how V8 has it when the plugin starts: it takes no code that was compiled under others. */
type Flag = readonly [flag: string, usual: string];

/** What V8 has compiled it else forgets when it collects garbage, and completes when it optimizes: both at a time of their own. */
export const timeless: readonly Flag[] = [
  ["--no-flush-bytecode", "--flush-bytecode"],
  ["--no-sparkplug", "--sparkplug"],
  ["--max-optimized-bytecode-size=0", "--max-optimized-bytecode-size=61440"],
];

/** V8 keeps what it has compiled with gaps, in which else lies what lay there before it was collected; these hold for whole processes. */
export const roomy: readonly Flag[] = [
  ["--initial-heap-size=1024", "--initial-heap-size=0"],
  ["--min-semi-space-size=128", "--min-semi-space-size=0"],
];
