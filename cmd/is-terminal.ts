import { fstatSync } from "node:fs";
import { isatty } from "node:tty";

/** Whether a descriptor is a terminal. What is a pipe or a file is none; to ask node:tty takes as long as to parse a command line. */
export function isTerminal(descriptor: number): boolean {
  return !isPlain(descriptor) && isatty(descriptor);
}

function isPlain(descriptor: number): boolean {
  try {
    const looked = fstatSync(descriptor);
    return looked.isFIFO() || looked.isFile() || looked.isSocket();
  } catch {
    // Windows does not tell of every console
    return false;
  }
}
