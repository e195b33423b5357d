import type { Make } from "./channel.ts";
import { homebrewFormula } from "./homebrew.ts";
import { containerImage } from "./image.ts";
import { linuxPackages } from "./linux.ts";
import { npmPackages } from "./npm.ts";
import { wingetPackage } from "./winget.ts";

/** Every channel except Krew. `npm run krew` creates its manifest from the archives. */
export const channels: Readonly<Record<string, Make>> = {
  deb: linuxPackages("deb"),
  rpm: linuxPackages("rpm"),
  npm: npmPackages,
  image: containerImage,
  homebrew: homebrewFormula,
  winget: wingetPackage,
};
