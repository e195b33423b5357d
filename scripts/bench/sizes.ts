import { stat } from "node:fs/promises";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { packageAll } from "../package.ts";
import { archiveName, platforms } from "../platforms.ts";
import { root } from "../run.ts";
import type { Row } from "./report.ts";

/** The accepted size of each platform's archive in bytes. */
const agreed: Readonly<Record<string, number>> = {
  "linux-amd64": 39_616_000,
  "linux-arm64": 38_638_000,
  "darwin-amd64": 38_559_000,
  "darwin-arm64": 37_362_000,
  "windows-amd64": 33_520_000,
  "windows-arm64": 29_158_000,
};

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;

/** Checks that no archive has grown by more than 2 %. To accept a larger archive, change the table above. */
export async function sizes(): Promise<Row[]> {
  await packageAll();
  return Promise.all(
    platforms.map(async ({ name }) => {
      const { size } = await stat(join(root, "dist", archiveName(name, packageJson.version)));
      const before = agreed[name] ?? Number.NaN;
      return { what: name, runs: 1, ours: megabytes(size), beside: `${megabytes(before)} agreed`, figure: size / before, budget: 1.02 };
    }),
  );
}
