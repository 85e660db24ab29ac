import { expect, test } from 'vitest';
import { clock, distance, duration, elevation, kilometres, movementOf, speed, weight } from './units';

test('lengths, heights and weights follow the units', () => {
  expect(distance(12_345, 'metric')).toBe('12.3 km');
  expect(distance(12_345, 'imperial')).toBe('7.7 mi');
  expect(kilometres(10, 'imperial')).toBe('6.2 mi');
  expect(elevation(310, 'metric')).toBe('310 m');
  expect(elevation(310, 'imperial')).toBe('1017 ft');
  expect(weight(70, 'imperial')).toBe('154.3 lb');
  expect(distance(null, 'metric')).toBe('–');
});

test('durations round to the minute, and sixty of them are an hour', () => {
  expect(duration(59.6 * 60)).toBe('1 h 00');
  expect(duration(25 * 60)).toBe('25 min');
  expect(duration(3900)).toBe('1 h 05');
  expect(clock(245)).toBe('4:05');
  expect(clock(59.7)).toBe('1:00');
  expect(clock(3725)).toBe('1:02:05');
});

test('each sport tells its speed in its own way', () => {
  expect(speed(1000 / 275, 'metric', movementOf('TrailRun'))).toBe('4:35 /km');
  expect(speed(1000 / 275, 'imperial', movementOf('Hike'))).toBe('7:23 /mi');
  expect(speed(100 / 112, 'metric', movementOf('Swim'))).toBe('1:52 /100m');
  expect(speed(10, 'metric', movementOf('GravelRide'))).toBe('36.0 km/h');
  expect(speed(10, 'imperial', movementOf('Ride'))).toBe('22.4 mph');
  expect(speed(0, 'metric', 'pace')).toBe('–');
  expect(speed(0, 'metric', 'speed')).toBe('0.0 km/h');
});
