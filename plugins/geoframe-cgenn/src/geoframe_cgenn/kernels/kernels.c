/* Geometric products and scalings of grades, and their gradients.

   Arrays are (D, rows, channels), contiguous. What is multiplied with what stands in tables, so that
   one library serves every dimension and signature:

   terms    (T, 3)  left blade, right blade, place of the coefficient in k
   segments (S, 7)  result blade, path, first term, number of terms; for products path by path the
                    grade's number, the place (row in the grade, path among its paths), and the
                    number of its paths

   Rows are worked through in blocks that stay in the cache: x, y and the scratch fit together. */

#ifndef real

#include <stdlib.h>
#define CACHED 6144 /* numbers of a block, all blades and both factors together */

static long block_rows(long blades, long channels, long rows) {
  long fit = CACHED / (2 * blades * channels);
  if (fit < 1) fit = 1;
  return fit < rows ? fit : rows;
}

#define real float
#define NAME(f) f##_f
#include "kernels.c"
#undef real
#undef NAME
#define real double
#define NAME(f) f##_d
#include "kernels.c"

#else

/* t = sum over terms of k x y */
static void NAME(sum)(real *restrict t, const real *restrict x, const real *restrict y,
                      const real *restrict k, const int *terms, int count, long n, long len) {
  for (int at = 0; at < count; at++) {
    const int *u = terms + 3 * at;
    const real *restrict a = x + u[0] * n, *restrict b = y + u[1] * n;
    const real c = k[u[2]];
    if (at == 0)
      for (long e = 0; e < len; e++) t[e] = c * a[e] * b[e];
    else
      for (long e = 0; e < len; e++) t[e] += c * a[e] * b[e];
  }
}

/* dx += k h y and dy += k h x over terms */
static void NAME(pull_back)(const real *restrict h, const real *restrict x, const real *restrict y,
                            real *restrict dx, real *restrict dy, const real *restrict k,
                            const int *terms, int count, long n, long len) {
  for (int at = 0; at < count; at++) {
    const int *u = terms + 3 * at;
    const real *restrict a = x + u[0] * n, *restrict b = y + u[1] * n;
    real *restrict da = dx + u[0] * n, *restrict db = dy + u[1] * n;
    const real c = k[u[2]];
    for (long e = 0; e < len; e++) {
      const real ch = c * h[e];
      da[e] += ch * b[e];
      db[e] += ch * a[e];
    }
  }
}

/* out and dw, dx, dy start at zero. Returns 0, or 1 if there is no memory. */
int NAME(weighted_forward)(const real *x, const real *y, const real *restrict w, const real *k,
                           real *out, const int *segments, const int *terms, long count,
                           long blades, long rows, long channels) {
  const long n = rows * channels, most = block_rows(blades, channels, rows);
  real *t = malloc(most * channels * sizeof(real));
  if (!t) return 1;
  for (long r = 0; r < rows; r += most) {
    const long now = rows - r < most ? rows - r : most, off = r * channels;
    for (long s = 0; s < count; s++) {
      const int *g = segments + 7 * s;
      NAME(sum)(t, x + off, y + off, k, terms + 3 * g[2], g[3], n, now * channels);
      const real *restrict wp = w + g[1] * channels;
      for (long q = 0; q < now; q++) {
        real *restrict o = out + g[0] * n + off + q * channels;
        const real *restrict tq = t + q * channels;
        for (long c = 0; c < channels; c++) o[c] += wp[c] * tq[c];
      }
    }
  }
  free(t);
  return 0;
}

int NAME(weighted_backward)(const real *x, const real *y, const real *restrict w, const real *k,
                            const real *grad, real *dx, real *dy, real *restrict dw,
                            const int *segments, const int *terms, long count, long blades,
                            long rows, long channels) {
  const long n = rows * channels, most = block_rows(2 * blades, channels, rows);
  real *t = malloc(2 * most * channels * sizeof(real));
  if (!t) return 1;
  real *h = t + most * channels;
  for (long r = 0; r < rows; r += most) {
    const long now = rows - r < most ? rows - r : most, off = r * channels;
    for (long s = 0; s < count; s++) {
      const int *g = segments + 7 * s;
      NAME(sum)(t, x + off, y + off, k, terms + 3 * g[2], g[3], n, now * channels);
      const real *restrict wp = w + g[1] * channels;
      real *restrict dwp = dw + g[1] * channels;
      for (long q = 0; q < now; q++) {
        const real *restrict o = grad + g[0] * n + off + q * channels;
        const real *restrict tq = t + q * channels;
        real *restrict hq = h + q * channels;
        for (long c = 0; c < channels; c++) {
          dwp[c] += o[c] * tq[c];
          hq[c] = o[c] * wp[c];
        }
      }
      NAME(pull_back)(h, x + off, y + off, dx + off, dy + off, k, terms + 3 * g[2], g[3], n,
                      now * channels);
    }
  }
  free(t);
  return 0;
}

/* out[m] is (blades of grade m, rows, paths of it * channels). */
int NAME(paths_forward)(const real *x, const real *y, const real *k, real **out,
                        const int *segments, const int *terms, long count, long blades, long rows,
                        long channels) {
  const long n = rows * channels;
  (void)blades;
  for (long r = 0; r < rows; r++)
    for (long s = 0; s < count; s++) {
      const int *g = segments + 7 * s;
      const long wide = g[6] * channels;
      real *o = out[g[4]] + ((long)(g[5] / g[6]) * rows + r) * wide + (g[5] % g[6]) * channels;
      NAME(sum)(o, x + r * channels, y + r * channels, k, terms + 3 * g[2], g[3], n, channels);
    }
  return 0;
}

int NAME(paths_backward)(const real *x, const real *y, const real *k, real **grad, real *dx,
                         real *dy, const int *segments, const int *terms, long count, long blades,
                         long rows, long channels) {
  const long n = rows * channels;
  (void)blades;
  for (long r = 0; r < rows; r++)
    for (long s = 0; s < count; s++) {
      const int *g = segments + 7 * s;
      const long wide = g[6] * channels, off = r * channels;
      const real *h =
          grad[g[4]] + ((long)(g[5] / g[6]) * rows + r) * wide + (g[5] % g[6]) * channels;
      NAME(pull_back)(h, x + off, y + off, dx + off, dy + off, k, terms + 3 * g[2], g[3], n,
                      channels);
    }
  return 0;
}

/* Grades: counts[m] blades each. Squares weigh a blade by s[blade], scalings by s[grade, i]. */
int NAME(squares_forward)(const real *x, const real *s, real *out, const int *counts, long grades,
                          long n) {
  for (long m = 0; m < grades; m++, out += n)
    for (int at = 0; at < counts[m]; at++, x += n, s++) {
      const real c = *s, *restrict a = x;
      real *restrict o = out;
      if (at == 0)
        for (long i = 0; i < n; i++) o[i] = c * a[i] * a[i];
      else
        for (long i = 0; i < n; i++) o[i] += c * a[i] * a[i];
    }
  return 0;
}

int NAME(squares_backward)(const real *x, const real *s, const real *g, real *dx,
                           const int *counts, long grades, long n) {
  for (long m = 0; m < grades; m++, g += n)
    for (int at = 0; at < counts[m]; at++, x += n, dx += n, s++) {
      const real c = 2 * *s, *restrict a = x, *restrict b = g;
      real *restrict o = dx;
      for (long i = 0; i < n; i++) o[i] = c * a[i] * b[i];
    }
  return 0;
}

int NAME(scale_forward)(const real *x, const real *s, real *out, const int *counts, long grades,
                        long n) {
  for (long m = 0; m < grades; m++, s += n)
    for (int at = 0; at < counts[m]; at++, x += n, out += n) {
      const real *restrict a = x, *restrict b = s;
      real *restrict o = out;
      for (long i = 0; i < n; i++) o[i] = a[i] * b[i];
    }
  return 0;
}

int NAME(scale_backward)(const real *x, const real *s, const real *g, real *dx, real *ds,
                         const int *counts, long grades, long n) {
  for (long m = 0; m < grades; m++, s += n, ds += n)
    for (int at = 0; at < counts[m]; at++, x += n, g += n, dx += n) {
      const real *restrict a = x, *restrict b = s, *restrict d = g;
      real *restrict o = dx, *restrict e = ds;
      for (long i = 0; i < n; i++) {
        o[i] = d[i] * b[i];
        e[i] = (at ? e[i] : 0) + d[i] * a[i];
      }
    }
  return 0;
}

#endif
