// npm run format: formats every file and mends what the linter can mend safely.
import { runTool } from "./run.ts";

process.exitCode = await runTool("@biomejs/biome/bin/biome", ["check", "--write", "."]);
