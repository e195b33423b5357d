import { readdirSync } from "node:fs";
import { test } from "vitest";
import { playPage } from "../support/page.ts";

// Runs sessions that users do not need to read: invalid input, and other users' objects. They have the format of the pages.
const folder = "test/cluster/transcripts";

test.for(readdirSync(folder))("%s", { timeout: 120_000 }, (name) => playPage(`${folder}/${name}`));
