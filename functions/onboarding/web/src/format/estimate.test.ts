import { expect, test } from 'vitest';
import { ageOn, unitsOf, usualMaxHR } from './estimate';

test('an age changes on the birthday', () => {
  expect(ageOn('1990-05-17', '2026-05-16')).toBe(35);
  expect(ageOn('1990-05-17', '2026-05-17')).toBe(36);
  for (const birth of ['', '1990', '2030-01-01', '1800-01-01']) expect(ageOn(birth, '2026-05-17'), birth).toBeUndefined();
});

test('estimates are the server’s', () => {
  expect(usualMaxHR(36)).toBe(183);
  expect(usualMaxHR(20)).toBe(194);
});

test('units are proposed by language', () => {
  expect(unitsOf('en-US')).toBe('imperial');
  for (const language of ['en-GB', 'de', 'fr-CA', 'en']) expect(unitsOf(language), language).toBe('metric');
});
