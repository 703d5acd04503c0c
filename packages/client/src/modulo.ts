/** The remainder of a division, from 0 to less than the divisor even if the number is negative. */
export function modulo(number: number, divisor: number): number {
  return ((number % divisor) + divisor) % divisor;
}
