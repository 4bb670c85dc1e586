import { expect, test } from 'vitest';
import { Speed } from '../../src/cli/progress-bar.ts';

test('the time left is that of the rest at the speed so far', () => {
  const speed = new Speed();
  expect(speed.timeLeft(0, 0, 'setup', 1000)).toBeUndefined();
  expect(speed.timeLeft(0, 400, 'evaluate', 3000)).toBeUndefined();
  // 100 take 500 ms, so 300 take 1500 ms.
  expect(speed.timeLeft(100, 400, 'evaluate', 3500)).toBe(1500);
  expect(speed.timeLeft(400, 400, 'evaluate', 5000)).toBe(0);
});

test('a phase that is resumed is measured from its new start', () => {
  const speed = new Speed();
  speed.timeLeft(0, 400, 'evaluate', 0);
  speed.timeLeft(200, 400, 'evaluate', 1000);
  speed.timeLeft(0, 1, 'encrypt', 1000);
  expect(speed.timeLeft(200, 400, 'evaluate', 9000)).toBeUndefined();
  // 100 take 300 ms; the time of the other phase does not count.
  expect(speed.timeLeft(300, 400, 'evaluate', 9300)).toBe(300);
});
