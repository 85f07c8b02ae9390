/** The pictures that are made of an original: 150×150, at most 640 wide, at most 1080 wide. */
export const renditionNames = ['thumb', 'medium', 'large'] as const;
export type RenditionName = (typeof renditionNames)[number];
