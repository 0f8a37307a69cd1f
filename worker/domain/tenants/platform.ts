// The platform itself, which stands at the root of the tree.

/** Root of the tree, made by a migration; its members run the platform. */
export const PLATFORM_ID = "ten_platform";
