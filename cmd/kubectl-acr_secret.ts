import { headStart, mayStartEarly } from "./head-start.ts";

const argv = process.argv.slice(2);
const launched = mayStartEarly(argv) ? headStart(process.env) : undefined;

// The rest of the code loads while kubectl starts, so kubectl must be started first
import("./run.ts").then(({ run }) => run(argv, launched));
