import packageJson from "../package.json" with { type: "json" };

/** The version of this plugin, `v1.2.3`. */
export const clientVersion = `v${packageJson.version}`;
