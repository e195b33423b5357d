import { attach } from "./attach.ts";
import { check } from "./check.ts";
import { completion } from "./completion.ts";
import { create } from "./create.ts";
import { detach } from "./detach.ts";
import { list } from "./list.ts";
import { options } from "./options.ts";
import { rotate } from "./rotate.ts";
import type { Verb } from "./verb.ts";
import { version } from "./version.ts";
import { whoami } from "./whoami.ts";

/** Every verb, in the order that the help shows. */
export const verbs: readonly Verb[] = [create, attach, check, list, rotate, detach, whoami, completion, options, version];
