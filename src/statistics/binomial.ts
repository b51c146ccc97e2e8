/** P(X <= k) of a binomial variable X of `n` trials that each fail with chance `p`; exact up to rounding. */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  return k < n * p ? sumDown(k, n, p) : 1 - sumUp(k + 1, n, p);
}

/** P(X >= k). */
export function binomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  return k > n * p ? sumUp(k, n, p) : 1 - sumDown(k - 1, n, p);
}

/** P(X = k) + P(X = k - 1) + ... where these fall: the smaller tail is summed, for 1 minus the larger one would cancel. */
function sumDown(k: number, n: number, p: number): number {
  let term = chanceOf(k, n, p);
  let sum = term;
  for (let i = k; i > 0 && term > sum * Number.EPSILON; i -= 1) {
    term *= (i * (1 - p)) / ((n - i + 1) * p);
    sum += term;
  }
  return sum;
}

function sumUp(k: number, n: number, p: number): number {
  let term = chanceOf(k, n, p);
  let sum = term;
  for (let i = k; i < n && term > sum * Number.EPSILON; i += 1) {
    term *= ((n - i) * p) / ((i + 1) * (1 - p));
    sum += term;
  }
  return sum;
}

function chanceOf(k: number, n: number, p: number): number {
  const ways = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  return Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** ln n!: by multiplication where n is small, else by Stirling's series, whose next term is below 1e-14 from 20 on. */
function logFactorial(n: number): number {
  if (n < 20) {
    let product = 1;
    for (let i = 2; i <= n; i += 1) product *= i;
    return Math.log(product);
  }
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * n * n)) / (n * n)) / (n * n)) / n;
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}
