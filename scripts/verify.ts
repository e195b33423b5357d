// npm run verify -- ARCHIVE: builds an archive again from the checked-out sources, and reports whether it is identical.
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { archivePlugin } from "./package.ts";
import { archiveName, hostPlatform, type Platform, platforms } from "./platforms.ts";
import { root } from "./run.ts";
import { sha256Of } from "./sha256.ts";

const sha256 = async (file: string) => sha256Of(await readFile(file));

/** Returns the platform in an archive's name. @throws Error if these sources or this machine cannot build it */
function platformOf(name: string): Platform {
  const platform = platforms.find((one) => name === archiveName(one.name, packageJson.version));
  if (!platform) {
    const [, version] = /-(v\d+\.\d+\.\d+)-/.exec(name) ?? [];
    const hint = version ? `: git checkout ${version}` : "";
    throw new Error(`these sources make no ${name}, they are those of v${packageJson.version}${hint}`);
  }
  if (hostPlatform() !== platforms[0]) throw new Error(`archives are made the same again on ${platforms[0]?.name} only`);
  return platform;
}

async function verify(archive: string): Promise<void> {
  const platform = platformOf(basename(archive));
  const given = await sha256(archive);
  await mkdir(join(root, "dist"), { recursive: true });
  const dist = await mkdtemp(join(root, "dist", ".verify-"));
  try {
    const made = await sha256(await archivePlugin({ progress: (line) => process.stderr.write(`${line}\n`), platform, dist }));
    if (made !== given) throw new Error(`${archive} is not what these sources make: its sha256 is ${given}, that of theirs ${made}`);
    process.stdout.write(`${archive} is what these sources make: sha256 ${made}\n`);
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
}

const [archive, ...more] = process.argv.slice(2);
try {
  if (archive === undefined || more.length > 0) throw new Error("usage: npm run verify -- ARCHIVE");
  await verify(resolve(process.env["INIT_CWD"] ?? ".", archive));
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
