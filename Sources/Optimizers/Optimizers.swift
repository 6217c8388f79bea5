// (seam)
