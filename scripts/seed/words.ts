/** What people are called, where they go, and what they write below their pictures. */

export const firstNames = [
  ...['Ada', 'Amara', 'Bruno', 'Chiara', 'Dario', 'Elif', 'Femi', 'Greta', 'Hana', 'Ivo', 'Jonas', 'Kaia'],
  ...['Leila', 'Marta', 'Nils', 'Oona', 'Priya', 'Quentin', 'Rosa', 'Sami', 'Tomás', 'Uma', 'Vera', 'Yuki'],
];

export const lastNames = [
  ...['Abebe', 'Berg', 'Costa', 'Dahl', 'Eriksen', 'Fischer', 'García', 'Hoang', 'Ito', 'Jansen', 'Khan'],
  ...['Lind', 'Moreau', 'Novak', 'Okafor', 'Petrov', 'Rossi', 'Silva', 'Tanaka', 'Weber', 'Yilmaz', 'Zhao'],
];

export const places = [
  { name: 'Santa Monica Beach', latitude: 34.0195, longitude: -118.4912 },
  { name: 'Central Park', latitude: 40.7829, longitude: -73.9654 },
  { name: 'Lago di Braies', latitude: 46.6943, longitude: 12.0852 },
  { name: 'Arthur’s Seat', latitude: 55.9441, longitude: -3.1618 },
  { name: 'Lofoten', latitude: 68.2076, longitude: 13.5987 },
  { name: 'Cabo da Roca', latitude: 38.7804, longitude: -9.4989 },
  { name: 'Mount Fuji', latitude: 35.3606, longitude: 138.7274 },
  { name: 'Table Mountain', latitude: -33.9628, longitude: 18.4098 },
  { name: 'The garden behind the house' },
];

export const captions = [
  'Up before everybody else',
  'The light did all the work',
  'Five minutes later it rained',
  'No filter would have helped, so I used one',
  'Waited an hour for this cloud',
  'Somewhere between the car park and the view',
  'Last light',
  'We missed the bus for this',
  'Same hill, other season',
  'A quiet one',
  'Golden hour, with sandwiches 🥪',
  'Could have stayed there',
];

export const hashtags = [
  ...['sunset', 'sunrise', 'goldenhour', 'mountains', 'hiking', 'landscape', 'photography', 'nature'],
  ...['travel', 'weekend', 'sky', 'clouds', 'bluehour', 'outdoors'],
];
