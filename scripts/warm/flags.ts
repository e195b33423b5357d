/** A V8 flag, and its value when the plugin starts. V8 rejects code that was compiled with other flags. */
type Flag = readonly [flag: string, usual: string];

/**
 * Without these flags, V8 drops compiled code at garbage collection, and changes it when it optimizes. Both happen at unpredictable times.
 */
export const timeless: readonly Flag[] = [
  ["--no-flush-bytecode", "--flush-bytecode"],
  ["--no-sparkplug", "--sparkplug"],
  ["--max-optimized-bytecode-size=0", "--max-optimized-bytecode-size=61440"],
];

/**
 * V8's compiled code contains gaps with leftover data of earlier garbage collections. These flags make the heap large enough for the whole
 * process.
 */
export const roomy: readonly Flag[] = [
  ["--initial-heap-size=1024", "--initial-heap-size=0"],
  ["--min-semi-space-size=128", "--min-semi-space-size=0"],
];
