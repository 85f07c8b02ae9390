/** What people type: in many scripts, and with characters that mean something to an engine. */
import type { SearchDocument } from '../../shared/search/index.ts';

const user = (username: string, fullName: string | null = null): SearchDocument => ({
  type: 'user',
  id: 'u',
  username,
  fullName,
  popularity: 0,
});
const hashtag = (id: string): SearchDocument => ({ type: 'hashtag', id, popularity: 1 });
const post = (text: string): SearchDocument => ({ type: 'post', id: 'p', text, popularity: 0 });

/** Documents, each with what it is found by. */
export const inManyScripts: [document: SearchDocument, typed: string[]][] = [
  [hashtag('été'), ['été', 'É', 'ét', 'e\u0301te\u0301', 'ete']],
  [hashtag('日本旅行'), ['日本旅行', '日本', '日', '旅行', '本旅']],
  [post('今日は東京タワーへ行きました'), ['東京', '東京タワー', '今日', 'タワー', '行きま']],
  [post('ชายหาดสวยมาก'), ['ชายหาด', 'หาดสวย']],
  [post('서울에서 만나요'), ['서울', '서울에서', '만나']],
  [user('noa', 'נועה שָׁלוֹם'), ['נועה', 'שלום', 'שָׁלוֹם', 'נ']],
  [post('غروب الشمس مُحَمَّد'), ['الشمس', 'غر', 'محمد']],
  [post('नमस्ते दुनिया'), ['नमस्ते', 'नम', 'दुनिया']],
  [post('Закат над морем'), ['закат', 'ЗАК', 'море']],
  [post('love ❤️ this 👍🏽 🇩🇪'), ['❤️', '❤', '👍', '👍🏿', '🇩🇪', 'love ❤️']],
  [user('a', '🌅 Dawn'), ['🌅', '🌅 d', 'dawn']],
  [post('Ｆｕｌｌ ｗｉｄｔｈ'), ['full', 'width']],
  [post('Straße in ISTANBUL'), ['straße', 'istanbul']],
  [hashtag('golden_hour'), ['golden_hour', 'golden_', 'golden', 'hour', 'golden hour']],
  [user('j.r_r.t'), ['j.r_r.t', 'j.r', 'j.r_']],
];

/** Finds `sun_set`, `sunset` or `sunxset` only if an engine takes a character for an operator or wildcard. */
export const engineSyntax = [
  's%t',
  '%t',
  'sun_et',
  'sun*t',
  'su?xset',
  '*',
  '%',
  "sun' OR '",
  'a | sunset',
  '-x sunset',
  '.*',
  ':*',
];
