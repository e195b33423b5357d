import type { Make } from "./channel.ts";
import { debianPackages } from "./deb.ts";
import { containerImage } from "./image.ts";

/** Every channel except Krew. `npm run krew` creates its manifest from the archives. */
export const channels: Readonly<Record<string, Make>> = {
  deb: debianPackages,
  image: containerImage,
};
