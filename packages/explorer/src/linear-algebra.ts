/** Dense symmetric linear algebra on row-major Float64Arrays. Only the lower triangles are read and written. */

/** The dot product of `length` numbers of `a` from `i` and of `b` from `j`. */
function dot(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += a[i + k]! * b[j + k]!;
    s1 += a[i + k + 1]! * b[j + k + 1]!;
    s2 += a[i + k + 2]! * b[j + k + 2]!;
    s3 += a[i + k + 3]! * b[j + k + 3]!;
  }
  for (; k < length; k++) s0 += a[i + k]! * b[j + k]!;
  return s0 + s1 + (s2 + s3);
}

/**
 * Replaces the lower triangle of the n × n matrix `a` by its Cholesky factor L (a = L Lᵀ), in place.
 * Returns false, leaving `a` in no useful state, when `a` is not positive definite to working precision.
 *
 * Two rows by four columns are accumulated at a time, so that each loaded number serves several products
 * (Golub and Van Loan, "Matrix Computations", 4.2, in its left-looking form).
 */
export function choleskyInPlace(a: Float64Array, n: number): boolean {
  for (let block = 0; block < n; block += 4) {
    const width = Math.min(4, n - block);
    for (let column = block; column < block + width; column++) {
      const start = column * n;
      const pivot = a[start + column]! - dot(a, start, a, start, column);
      if (!(pivot > 0) || pivot === Infinity) return false;
      const diagonal = Math.sqrt(pivot);
      a[start + column] = diagonal;
      for (let row = column + 1; row < block + width; row++)
        a[row * n + column] = (a[row * n + column]! - dot(a, row * n, a, start, column)) / diagonal;
    }
    let row = block + width;
    if (width === 4) for (; row + 1 < n; row += 2) eliminatePair(a, n, row, block);
    for (; row < n; row++) {
      for (let column = block; column < block + width; column++) {
        const at = row * n + column;
        a[at] = (a[at]! - dot(a, row * n, a, column * n, column)) / a[column * n + column]!;
      }
    }
  }
  return true;
}

/** Rows `row` and `row + 1` of the factor, columns `block` to `block + 3`. */
function eliminatePair(a: Float64Array, n: number, row: number, block: number): void {
  const p = row * n;
  const q = p + n;
  const c0 = block * n;
  const c1 = c0 + n;
  const c2 = c1 + n;
  const c3 = c2 + n;
  let p0 = a[p + block]!;
  let p1 = a[p + block + 1]!;
  let p2 = a[p + block + 2]!;
  let p3 = a[p + block + 3]!;
  let q0 = a[q + block]!;
  let q1 = a[q + block + 1]!;
  let q2 = a[q + block + 2]!;
  let q3 = a[q + block + 3]!;
  for (let k = 0; k < block; k++) {
    const x = a[p + k]!;
    const y = a[q + k]!;
    const d0 = a[c0 + k]!;
    const d1 = a[c1 + k]!;
    const d2 = a[c2 + k]!;
    const d3 = a[c3 + k]!;
    p0 -= x * d0;
    p1 -= x * d1;
    p2 -= x * d2;
    p3 -= x * d3;
    q0 -= y * d0;
    q1 -= y * d1;
    q2 -= y * d2;
    q3 -= y * d3;
  }
  const l10 = a[c1 + block]!;
  const l20 = a[c2 + block]!;
  const l21 = a[c2 + block + 1]!;
  const l30 = a[c3 + block]!;
  const l31 = a[c3 + block + 1]!;
  const l32 = a[c3 + block + 2]!;
  p0 /= a[c0 + block]!;
  q0 /= a[c0 + block]!;
  p1 = (p1 - p0 * l10) / a[c1 + block + 1]!;
  q1 = (q1 - q0 * l10) / a[c1 + block + 1]!;
  p2 = (p2 - p0 * l20 - p1 * l21) / a[c2 + block + 2]!;
  q2 = (q2 - q0 * l20 - q1 * l21) / a[c2 + block + 2]!;
  p3 = (p3 - p0 * l30 - p1 * l31 - p2 * l32) / a[c3 + block + 3]!;
  q3 = (q3 - q0 * l30 - q1 * l31 - q2 * l32) / a[c3 + block + 3]!;
  a[p + block] = p0;
  a[p + block + 1] = p1;
  a[p + block + 2] = p2;
  a[p + block + 3] = p3;
  a[q + block] = q0;
  a[q + block + 1] = q1;
  a[q + block + 2] = q2;
  a[q + block + 3] = q3;
}

/** The inverse of the lower triangular n × n matrix `factor`, lower triangular too. */
export function invertLower(factor: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let k = 0;
    for (; k + 1 < i; k += 2) {
      const f = factor[row + k]!;
      const g = factor[row + k + 1]!;
      const p = k * n;
      const q = p + n;
      for (let j = 0; j <= k; j++)
        inverse[row + j] = inverse[row + j]! - f * inverse[p + j]! - g * inverse[q + j]!;
      inverse[row + k + 1] = inverse[row + k + 1]! - g * inverse[q + k + 1]!;
    }
    for (; k < i; k++) {
      const f = factor[row + k]!;
      for (let j = 0; j <= k; j++) inverse[row + j] = inverse[row + j]! - f * inverse[k * n + j]!;
    }
    const diagonal = 1 / factor[row + i]!;
    for (let j = 0; j < i; j++) inverse[row + j] = inverse[row + j]! * diagonal;
    inverse[row + i] = diagonal;
  }
  return inverse;
}

/** The lower triangle of Lᵢᵀ Lᵢ for the lower triangular n × n matrix Lᵢ: the inverse of L Lᵀ when Lᵢ inverts L. */
export function selfProduct(inverseFactor: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  let k = 0;
  for (; k + 1 < n; k += 2) {
    const p = k * n;
    const q = p + n;
    for (let i = 0; i <= k + 1; i++) {
      const f = inverseFactor[p + i]!;
      const g = inverseFactor[q + i]!;
      const row = i * n;
      for (let j = 0; j <= i; j++)
        product[row + j] = product[row + j]! + f * inverseFactor[p + j]! + g * inverseFactor[q + j]!;
    }
  }
  if (k < n) {
    const p = k * n;
    for (let i = 0; i < n; i++) {
      const f = inverseFactor[p + i]!;
      for (let j = 0; j <= i; j++) product[i * n + j] = product[i * n + j]! + f * inverseFactor[p + j]!;
    }
  }
  return product;
}

/** Lᵢ v, for lower triangular Lᵢ. */
export function lowerTimesVector(lower: Float64Array, n: number, vector: Float64Array): Float64Array {
  const result = new Float64Array(n);
  for (let i = 0; i < n; i++) result[i] = dot(lower, i * n, vector, 0, i + 1);
  return result;
}

/** Lᵢᵀ v, for lower triangular Lᵢ. */
export function lowerTransposedTimesVector(
  lower: Float64Array,
  n: number,
  vector: Float64Array,
): Float64Array {
  const result = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const weight = vector[i]!;
    for (let j = 0; j <= i; j++) result[j] = result[j]! + weight * lower[i * n + j]!;
  }
  return result;
}

/**
 * For each of the `rows` rows x of `matrix` (n numbers each): |Lᵢ x|². Four rows of `matrix` and two of Lᵢ at a
 * time.
 */
export function squaredNorms(
  lower: Float64Array,
  n: number,
  matrix: Float64Array,
  rows: number,
): Float64Array {
  const norms = new Float64Array(rows);
  let r = 0;
  for (; r + 3 < rows; r += 4) {
    const x0 = r * n;
    const x1 = x0 + n;
    const x2 = x1 + n;
    const x3 = x2 + n;
    let i = 0;
    let n0 = 0;
    let n1 = 0;
    let n2 = 0;
    let n3 = 0;
    for (; i + 1 < n; i += 2) {
      const p = i * n;
      const q = p + n;
      let p0 = 0;
      let p1 = 0;
      let p2 = 0;
      let p3 = 0;
      let q0 = 0;
      let q1 = 0;
      let q2 = 0;
      let q3 = 0;
      // The row above has a zero at i + 1 (lower triangular, kept zero), so both may run to i + 1.
      for (let k = 0; k <= i + 1; k++) {
        const f = lower[p + k]!;
        const g = lower[q + k]!;
        const a = matrix[x0 + k]!;
        const b = matrix[x1 + k]!;
        const c = matrix[x2 + k]!;
        const d = matrix[x3 + k]!;
        p0 += f * a;
        p1 += f * b;
        p2 += f * c;
        p3 += f * d;
        q0 += g * a;
        q1 += g * b;
        q2 += g * c;
        q3 += g * d;
      }
      n0 += p0 * p0 + q0 * q0;
      n1 += p1 * p1 + q1 * q1;
      n2 += p2 * p2 + q2 * q2;
      n3 += p3 * p3 + q3 * q3;
    }
    if (i < n) {
      const p = i * n;
      n0 += dot(lower, p, matrix, x0, n) ** 2;
      n1 += dot(lower, p, matrix, x1, n) ** 2;
      n2 += dot(lower, p, matrix, x2, n) ** 2;
      n3 += dot(lower, p, matrix, x3, n) ** 2;
    }
    norms[r] = n0;
    norms[r + 1] = n1;
    norms[r + 2] = n2;
    norms[r + 3] = n3;
  }
  for (; r < rows; r++) norms[r] = squaredNorm(lower, n, matrix, r * n);
  return norms;
}

/** One of the squared norms, summed in the same order as four at a time, so that its place does not matter. */
function squaredNorm(lower: Float64Array, n: number, matrix: Float64Array, x: number): number {
  let norm = 0;
  let i = 0;
  for (; i + 1 < n; i += 2) {
    let p = 0;
    let q = 0;
    for (let k = 0; k <= i + 1; k++) {
      p += lower[i * n + k]! * matrix[x + k]!;
      q += lower[(i + 1) * n + k]! * matrix[x + k]!;
    }
    norm += p * p + q * q;
  }
  return i < n ? norm + dot(lower, i * n, matrix, x, n) ** 2 : norm;
}
