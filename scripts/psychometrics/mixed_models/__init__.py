"""Mixed models: nested and crossed random blocks with full covariance matrices, two roles at once, serial residuals."""
