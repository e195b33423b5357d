import { opened, type VerbRow } from "../verb.ts";
import { type Told, tell } from "./told.ts";

/** What is told of a verb. In the binary a table stands in place of this file (scripts/bundle/told.ts): Tab need not load what verbs do. */
export const told = async (row: VerbRow): Promise<Told> => tell(await opened(row));
