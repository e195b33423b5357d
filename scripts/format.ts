// npm run format: formats every file, and applies the linter's safe fixes.
import { runTool } from "./run.ts";

process.exitCode = await runTool("@biomejs/biome/bin/biome", ["check", "--write", "."]);
