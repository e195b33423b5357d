import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { binaries } from "../../sandbox/binaries.ts";
import { root } from "../run.ts";
import { listFiles, type Text, type Texts } from "./texts.ts";

/** What Vale found in a text or on a page. */
export type Alert = {
  readonly file: string;
  readonly line: number;
  readonly severity: "error" | "warning";
  readonly rule: string;
  readonly message: string;
  readonly text: string;
};

type Found = {
  readonly Check: string;
  readonly Line: number;
  readonly Message: string;
  readonly Severity: Alert["severity"];
  readonly Match: string;
};

const pageFiles = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md"];

/** Checks all pages in git. */
export async function checkPages(): Promise<Alert[]> {
  const found = await vale(listFiles(...pageFiles), root);
  return [...found].flatMap(([file, alerts]) => alerts.map((alert) => alertOf(alert, { file, line: alert.Line, text: alert.Match })));
}

/** Checks texts of one kind: each is a paragraph of one file, whose name selects the rules. */
export async function checkTexts(kind: keyof Texts, texts: readonly Text[]): Promise<Alert[]> {
  const folder = await mkdtemp(join(tmpdir(), "acr-secret-prose-"));
  try {
    await writeFile(join(folder, `${kind}.txt`), texts.map(paragraphOf).join(""));
    const found = await vale([`${kind}.txt`], folder);
    return [...found.values()].flat().flatMap((alert) => {
      // Each text has one line and an empty one
      const text = texts[(alert.Line - 1) / 2];
      return text ? [alertOf(alert, text)] : [];
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Vale ends a sentence only at its mark, but not after a single letter or a file name. Code counts as one word. */
function paragraphOf({ text }: Text): string {
  const prose = text.replace(/`[^`]*`/g, "X");
  const end = /\b\w$|\.\w+\W?$/.test(prose) ? " end." : ".";
  return `${prose}${/[.!?]$/.test(prose) ? "" : end}\n\n`;
}

async function vale(files: readonly string[], cwd: string): Promise<Map<string, readonly Found[]>> {
  const { program } = await binaries({ need: ["vale"] });
  const config = join(import.meta.dirname, "vale.ini");
  const args = ["--config", config, "--output", "JSON", "--no-exit", ...files];
  const { stdout } = await promisify(execFile)(program("vale"), args, { cwd, maxBuffer: 64 * 1024 * 1024 });
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, readonly Found[]>));
}

const alertOf = ({ Check: rule, Message: message, Severity: severity }: Found, { file, line, text }: Text): Alert => ({
  file,
  line,
  severity,
  rule,
  message,
  text,
});
