import type { Platform } from "../platforms.ts";
import { withoutSymbols } from "./elf.ts";
import { signAdHoc } from "./macho.ts";
import { withoutSignature } from "./pe.ts";

/** What a platform's program needs, before something is put into it and after, and what its Node is told. */
type Care = { readonly before: (program: Buffer) => Buffer; readonly after: (program: Buffer) => Buffer; readonly node: readonly string[] };

/** Trust the certificates that the machine trusts, as kubectl does. */
const trusting = ["--use-system-ca"];

/** On Linux they are read by src/http/trust.ts. Without this, Node would read those that it brings at each start, for nothing. */
const told = ["--use-openssl-ca"];

const asItIs = (program: Buffer) => program;

/** By pkg's name of the platform. Of a program for macOS nothing is taken, because it could not be tried there. */
export const care: Readonly<Record<Platform["target"]["platform"], Care>> = {
  linux: { before: withoutSymbols, after: asItIs, node: told },
  macos: { before: asItIs, after: (program) => signAdHoc(program, "kubectl-acr_secret"), node: trusting },
  win: { before: withoutSignature, after: asItIs, node: trusting },
};
