import { readdirSync } from "node:fs";
import { test } from "vitest";
import { playPage } from "../support/page.ts";

// What a user should not have to read: bad input, other people's objects. In the form of the pages.
const folder = "test/cluster/transcripts";

test.for(readdirSync(folder))("%s", { timeout: 120_000 }, (name) => playPage(`${folder}/${name}`));
