import type { Platform } from "../platforms.ts";
import { withoutSymbols } from "./elf.ts";
import { signAdHoc } from "./macho.ts";
import { withoutSignature } from "./pe.ts";

/** Changes to a platform's Node before and after the bundles are added, and the options for that Node. */
type Care = { readonly before: (program: Buffer) => Buffer; readonly after: (program: Buffer) => Buffer; readonly node: readonly string[] };

/** Trusts the machine's certificates, like kubectl. */
const trusting = ["--use-system-ca"];

/**
 * On Linux, src/http/trust.ts reads the certificates. Without this option, Node would read its built-in ones at each start, which is
 * unnecessary.
 */
const nodeFlags = ["--use-openssl-ca"];

const asItIs = (program: Buffer) => program;

/** By pkg's name of the platform. A program for macOS is not stripped, because that could not be tested there. */
export const care: Readonly<Record<Platform["target"]["platform"], Care>> = {
  linux: { before: withoutSymbols, after: asItIs, node: nodeFlags },
  macos: { before: asItIs, after: (program) => signAdHoc(program, "kubectl-acr_secret"), node: trusting },
  win: { before: withoutSignature, after: asItIs, node: trusting },
};
