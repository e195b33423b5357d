import type { Platform } from "../platforms.ts";
import { withoutSymbols } from "./elf.ts";
import { signAdHoc } from "./macho.ts";
import { withoutSignature } from "./pe.ts";

/** What a platform's program needs, before something is put into it and after. */
type Care = { readonly before: (program: Buffer) => Buffer; readonly after: (program: Buffer) => Buffer };

const asItIs = (program: Buffer) => program;

/** By pkg's name of the platform. Of a program for macOS nothing is taken, because it could not be tried there. */
export const care: Readonly<Record<Platform["target"]["platform"], Care>> = {
  linux: { before: withoutSymbols, after: asItIs },
  macos: { before: asItIs, after: (program) => signAdHoc(program, "kubectl-acr_secret") },
  win: { before: withoutSignature, after: asItIs },
};
