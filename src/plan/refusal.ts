import type { PluginCommand } from "../fix.ts";
import { nameOf, type Ref, spelled, type TargetKind, targetKindCalled } from "../kinds.ts";
import type { Refuse } from "./change.ts";
import type { Anew } from "./recreate.ts";

/** A controller, as an object that it made names it (meta/v1 OwnerReference). */
export type Maker = { readonly kind: string; readonly name: string };

/** Whether what cannot be changed is to be made anew, and may end what runs and lose what is only in it. */
export type RecreateOptions = { readonly recreate: boolean; readonly force: boolean };

/** What is asked for, and for which target. */
type Asked = { readonly does: "attach" | "detach"; readonly secret: string; readonly to: Ref<TargetKind> };

/** The refusal of what a controller makes. */
export function refuseMade({ does, secret, to }: Asked, maker: Maker): Refuse {
  const kind = targetKindCalled(maker.kind);
  const says = `${nameOf(to)} is made by ${maker.kind} ${maker.name} from a template, whose list counts`;
  return {
    act: "refuse",
    to,
    says,
    fix: kind && { verb: does, secret, targets: [nameOf({ kind: spelled(kind), name: maker.name })] },
  };
}

/** Why an object is not made anew whose list cannot be changed; undefined where it is. */
export function refuseAnew({ does, secret, to }: Asked, { never, loses }: Anew, options: RecreateOptions): Refuse | undefined {
  if (options.recreate && never === undefined && (loses === undefined || options.force)) return undefined;
  const says = `${nameOf(to)} keeps the list of pull secrets that it was made with, so it has to be made anew`;
  if (never !== undefined) return { act: "refuse", to, says: `${says}; but it ${never}` };
  const fix: PluginCommand = {
    verb: does,
    secret,
    targets: [nameOf({ kind: spelled(to.kind), name: to.name })],
    recreate: true,
    force: loses === undefined ? undefined : true,
  };
  return { act: "refuse", to, says: loses === undefined ? says : `${says}; it ${loses}`, fix };
}
