/** The filters a post may ask for, by name. Loads nothing, so that any schema can use it. */

export const filterNames = [
  'none',
  'clarendon',
  'gingham',
  'moon',
  'lark',
  'reyes',
  'juno',
  'slumber',
  'crema',
  'ludwig',
  'aden',
  'perpetua',
] as const;

export type FilterName = (typeof filterNames)[number];
