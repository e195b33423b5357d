import { accounts } from "./accounts.ts";
import { anchors } from "./anchors.ts";
import { comments } from "./comments.ts";
import { documents } from "./documents.ts";
import { json } from "./json.ts";
import { kinds } from "./kinds.ts";
import { layout } from "./layout.ts";
import type { Shape } from "./shape.ts";
import { standing } from "./standing.ts";

/** Every shape of an editable manifest. */
export const shapes: readonly Shape[] = [...kinds, ...accounts, ...comments, ...layout, ...json, ...standing, ...documents, ...anchors];
