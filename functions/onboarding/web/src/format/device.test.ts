import { expect, test } from 'vitest';
import { deviceName } from './device';

test('a device is called by its browser and system', () => {
  const mozilla = 'Mozilla/5.0 (X11; Linux x86_64)';
  expect(deviceName(`${mozilla} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36`)).toBe('Chrome on Linux');
  expect(deviceName('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0')).toBe('Edge on Windows');
  expect(deviceName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1')).toBe('Safari on iPhone');
  expect(deviceName('Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0')).toBe('Firefox on Android');
  expect(deviceName('Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:130.0) Gecko/20100101 Firefox/130.0')).toBe('Firefox on macOS');
  expect([deviceName('curl/8.9.1'), deviceName('')]).toEqual(['curl/8.9.1', 'Unknown device']);
});
