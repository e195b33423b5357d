import { deservesHeadStart, headStart } from "./head-start.ts";

const argv = process.argv.slice(2);
const launched = deservesHeadStart(argv) ? headStart(process.env) : undefined;

// All of us loads while kubectl starts, so it has to be on its way first
import("./run.ts").then(({ run }) => run(argv, launched));
