import { expect, test } from 'vitest';
import { tokenOf } from './token';

test('a token is what stands behind the hash, and nothing else', () => {
  expect(tokenOf('#AAECAwQFBgcICQoLDA0ODw')).toBe('AAECAwQFBgcICQoLDA0ODw');
  for (const hash of ['', '#', '#main', '#short', '#AAECAwQFBgcICQoLDA0ODw/../x', '#AAECAwQFBgc ICQoLDA0ODw']) expect(tokenOf(hash), hash).toBe('');
});
