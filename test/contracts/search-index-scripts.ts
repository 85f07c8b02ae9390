/** Documents in many scripts, each with what people type to find it. */
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
