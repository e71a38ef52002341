# Golden numbers of profiles, items, phases and response surfaces (stats, lme4, clubSandwich, lavaan). From the root:
# Rscript tests/golden/perspectives/make_profiles.R
suppressMessages({library(lme4); library(clubSandwich); library(lavaan); library(jsonlite)})
here <- "tests/golden/perspectives"

# answers of both to eight items, 18 therapists with 1 to 9 clients, some missing, some flat
set.seed(1632)
therapist <- rep(1:18, times = sample(1:9, 18, replace = TRUE)); n <- length(therapist)
general <- rnorm(n)
answers <- function(shift, own) {
  raw <- 4.6 + shift + .7 * general + matrix(rep(c(0, .3, -.5, .8, 0, -.4, .2, .6), each = n), n) + own + matrix(rnorm(8 * n), n)
  x <- pmin(pmax(round(raw), 1), 7); x[runif(length(x)) < .04] <- NA; x
}
shared <- matrix(rnorm(8 * n, sd = .6), n)
one <- answers(.4, shared); two <- answers(0, shared)
one[c(3, 40), ] <- 7; two[5, ] <- 6; one[9, 1:5] <- NA
d <- data.frame(therapist, one, two); names(d) <- c("therapist", sprintf("c%d", 1:8), sprintf("t%d", 1:8))
write.csv(d, file.path(here, "profiles.csv"), row.names = FALSE, na = "")

# profiles: a loop over dyads and over pseudo-dyads, as Cronbach & Gleser write it
population_sd <- function(v) sqrt(mean((v - mean(v))^2))
compare <- function(x, y) {
  both <- !is.na(x) & !is.na(y); x <- x[both]; y <- y[both]
  s <- c(population_sd(x), population_sd(y)); r <- if (all(s > 1e-9)) cor(x, y) else NA
  list(d2 = mean((x - y)^2), elevation = (mean(x) - mean(y))^2, scatter = (s[1] - s[2])^2,
       shape = if (is.na(r)) 0 else 2 * s[1] * s[2] * (1 - r), r = r, flat = s <= 1e-9)
}
kept <- rowSums(!is.na(one) & !is.na(two)) >= 4
x <- one[kept, ]; y <- two[kept, ]; g <- therapist[kept]
dx <- sweep(x, 2, colMeans(x, na.rm = TRUE)); dy <- sweep(y, 2, colMeans(y, na.rm = TRUE))
real <- lapply(seq_along(g), function(i) compare(x[i, ], y[i, ])); pick <- function(l, what) sapply(l, `[[`, what)
distinct <- sapply(seq_along(g), function(i) compare(dx[i, ], dy[i, ])$r)
alone <- g %in% as.integer(names(which(table(g) == 1)))
pseudo <- t(sapply(seq_along(g), function(i) {
  others <- setdiff(if (alone[i]) which(alone) else which(g == g[i]), i)
  if (!length(others)) return(c(NA, NA, NA))
  c(mean(sapply(others, function(j) compare(x[i, ], y[j, ])$d2)),
    mean(sapply(others, function(j) compare(x[i, ], y[j, ])$r), na.rm = TRUE),
    mean(sapply(others, function(j) compare(dx[i, ], dy[j, ])$r), na.rm = TRUE))
}))
d2 <- pick(real, "d2")
profile <- list(n = length(g), profile_d2 = mean(d2), profile_elevation_share = sum(pick(real, "elevation")) / sum(d2),
  profile_scatter_share = sum(pick(real, "scatter")) / sum(d2), profile_shape_share = sum(pick(real, "shape")) / sum(d2),
  shape_r = mean(pick(real, "r"), na.rm = TRUE), distinctive_shape_r = mean(distinct, na.rm = TRUE),
  profile_d2_by_chance = mean(pseudo[, 1], na.rm = TRUE), shape_r_by_chance = mean(pseudo[, 2], na.rm = TRUE),
  distinctive_shape_r_by_chance = mean(pseudo[, 3], na.rm = TRUE),
  shape_r_beyond_chance = mean(pick(real, "r") - pseudo[, 2], na.rm = TRUE),
  mean_profile_r = cor(colMeans(x, na.rm = TRUE), colMeans(y, na.rm = TRUE)),
  flat_profiles = rowSums(pick(real, "flat")))

# items; means of the other items where at least half of them are answered
rest <- function(m) sapply(1:8, function(j) { o <- m[, -j]; ifelse(rowSums(!is.na(o)) >= 3.5, rowMeans(o, na.rm = TRUE), NA) })
pair <- function(j) complete.cases(one[, j], two[, j])
with_rest <- function(m, j) cor(m[, j], rest(m)[, j], use = "complete.obs")
items <- list(item_gap = sapply(1:8, function(j) mean(one[pair(j), j] - two[pair(j), j])),
  item_sd_ratio = sapply(1:8, function(j) sd(one[pair(j), j]) / sd(two[pair(j), j])),
  item_r = sapply(1:8, function(j) cor(one[pair(j), j], two[pair(j), j])),
  item_rest_gap = sapply(1:8, function(j) with_rest(one, j) - with_rest(two, j)))
# the jackknife over therapists, written out, of the first gap
left <- sapply(unique(therapist), function(u) { k <- pair(1) & therapist != u; mean(one[k, 1] - two[k, 1]) })
holding <- sapply(unique(therapist), function(u) any(pair(1) & therapist == u)); left <- left[holding]; G <- length(left)
items$first_gap_limits <- items$item_gap[1] + c(-1, 1) * qt(.975, G - 1) * sqrt((G - 1) / G * sum((left - mean(left))^2))

# surfaces: a planted quadratic, once a dyad and at four sessions
m <- 4
client <- 5 + .8 * general + rnorm(n, sd = .8); by_therapist <- 4.6 + .5 * general + rnorm(n, sd = .7)
effect <- rnorm(18, sd = .5)[therapist]; before <- rnorm(n)
z <- 2 + .5 * (client - m) + .3 * (by_therapist - m) - .3 * (client - by_therapist)^2 + .4 * before + effect + rnorm(n)
s <- data.frame(therapist, client = seq_len(n), outcome = z, first = client, second = by_therapist, before)
s[sample(n, 4), "outcome"] <- NA
s[c("outcome", "first", "second", "before")] <- round(s[c("outcome", "first", "second", "before")], 4)
write.csv(s, file.path(here, "surface.csv"), row.names = FALSE, na = "")
s <- na.omit(s); s$c <- s$first - m; s$t <- s$second - m; s$held <- s$before - mean(s$before)
L <- rbind(b1 = c(1, 0, 0, 0, 0), b2 = c(0, 1, 0, 0, 0), b3 = c(0, 0, 1, 0, 0), b4 = c(0, 0, 0, 1, 0), b5 = c(0, 0, 0, 0, 1),
  a1 = c(1, 1, 0, 0, 0), a2 = c(0, 0, 1, 1, 1), a3 = c(1, -1, 0, 0, 0), a4 = c(0, 0, 1, -1, 1), a5 = c(0, 0, 1, 0, -1))
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
with_axis <- function(b, V) {
  ax <- function(b) { D <- 4 * b[3] * b[5] - b[4]^2; x0 <- (b[2] * b[4] - 2 * b[1] * b[5]) / D; y0 <- (b[1] * b[4] - 2 * b[2] * b[3]) / D
    p11 <- (b[5] - b[3] + sqrt((b[3] - b[5])^2 + b[4]^2)) / b[4]; c(x0 = x0, y0 = y0, p10 = y0 - p11 * x0, p11 = p11) }
  J <- sapply(1:5, function(k) { h <- 1e-5; e <- replace(numeric(5), k, h); (ax(b + e) - ax(b - e)) / (2 * h) })
  list(estimate = unname(ax(b)), se = unname(sqrt(diag(J %*% V %*% t(J)))))
}
analyse <- function(fit, V, places) {
  b <- if (inherits(fit, "lm")) coef(fit) else fixef(fit); b <- b[places]; V <- as.matrix(V)[places, places]
  list(estimate = as.numeric(L %*% b), se = sqrt(diag(L %*% V %*% t(L))), axis = with_axis(unname(b), V))
}
formula <- outcome ~ c + t + I(c^2) + I(c * t) + I(t^2)
plain <- lm(formula, s)
mixed <- lmer(update(formula, . ~ . + held + (1 | therapist)), s, control = control)
aicc <- function(fit) { k <- attr(logLik(fit), "df"); AIC(fit) + 2 * k * (k + 1) / (nrow(s) - k - 1) }
models <- list(neither = outcome ~ 1, first = outcome ~ c, second = outcome ~ t, both = outcome ~ c + t, difference = outcome ~ I(c - t),
  `squared difference` = outcome ~ I((c - t)^2), `rising ridge` = outcome ~ I(c + t) + I((c - t)^2), full = formula)
scores <- sapply(models, function(f) aicc(lm(f, s))); weights <- exp(-(scores - min(scores)) / 2)
scores_2 <- sapply(models, function(f) aicc(lmer(update(f, . ~ . + held + (1 | therapist)), s, REML = FALSE, control = control)))
weights_2 <- exp(-(scores_2 - min(scores_2)) / 2)
surface <- list(
  n = nrow(s), plain = c(analyse(plain, vcovCR(plain, cluster = seq_len(nrow(s)), type = "CR2"), 2:6), list(weights = as.list(weights / sum(weights)))),
  mixed = c(analyse(mixed, vcovCR(mixed, type = "CR2"), 2:6), list(weights = as.list(weights_2 / sum(weights_2)))),
  difference_reliability = { v <- c(var(s$c), var(s$t)); (sum(v * c(.9, .85)) - 2 * cov(s$c, s$t)) / (sum(v) - 2 * cov(s$c, s$t)) },
  hull = nrow(s[chull(s$c, s$t), ]))
contrast <- linear_contrast(mixed, vcov = "CR2", contrasts = matrix(c(0, 0, 0, 1, -1, 1, 0), 1), test = "Satterthwaite", p_values = TRUE)
surface$mixed$a4 <- list(df = contrast$df, lower = contrast$CI_L, upper = contrast$CI_U, p = contrast$p_val)
# lavaan's := of the model-based covariance matrix (divisor n)
l <- transform(s, cc = c^2, ct = c * t, tt = t^2)
text <- "outcome ~ b1*c + b2*t + b3*cc + b4*ct + b5*tt
  a4 := b3 - b4 + b5
  x0 := (b2*b4 - 2*b1*b5)/(4*b3*b5 - b4^2)
  y0 := (b1*b4 - 2*b2*b3)/(4*b3*b5 - b4^2)
  p11 := (b5 - b3 + sqrt((b3 - b5)^2 + b4^2))/b4
  p10 := y0 - p11*x0"
p <- parameterEstimates(sem(text, l)); p <- p[p$op == ":=", ]
surface$lavaan <- list(estimate = setNames(as.list(p$est), p$lhs), se = setNames(as.list(p$se), p$lhs))

# four sessions of each dyad
v <- expand.grid(session = 1:4, client = seq_len(n)); v$therapist <- therapist[v$client]
v$first <- client[v$client] + rnorm(nrow(v), sd = .6); v$second <- by_therapist[v$client] + rnorm(nrow(v), sd = .5)
v$outcome <- with(v, .3 * (first - m) + .2 * (second - m) - .25 * (first - second)^2 + effect[client] + rnorm(n, sd = .5)[client] + rnorm(nrow(v)))
v <- v[runif(nrow(v)) > .1, c("therapist", "client", "session", "outcome", "first", "second")]
v[c("outcome", "first", "second")] <- round(v[c("outcome", "first", "second")], 4)
write.csv(v, file.path(here, "surface_sessions.csv"), row.names = FALSE)
v$c <- v$first - m; v$t <- v$second - m; v <- transform(v, cc = c^2, ct = c * t, tt = t^2)
for (name in c("c", "t", "cc", "ct", "tt")) { mean_of <- ave(v[[name]], v$client); v[[paste0(name, "w")]] <- v[[name]] - mean_of; v[[paste0(name, "m")]] <- mean_of }
v <- transform(v, cb = cm, tb = tm, ccb = cm^2, ctb = cm * tm, ttb = tm^2)
nested <- lmer(outcome ~ cw + tw + ccw + ctw + ttw + cb + tb + ccb + ctb + ttb + (1 | therapist / client), v, control = control)
V <- vcovCR(nested, type = "CR2")
surface$nested <- list(n = nrow(v), within = analyse(nested, V, 2:6), between = analyse(nested, V, 7:11))

# phases: means of the first and of the last two sessions
early <- aggregate(cbind(first, second) ~ client, v[v$session <= 2, ], mean); late <- aggregate(cbind(first, second) ~ client, v[v$session >= 3, ], mean)
b <- merge(early, late, by = "client"); gap <- c(mean(b$first.x - b$second.x), mean(b$first.y - b$second.y))
phases <- list(n = nrow(b), phase_gap = c(gap, gap[2] - gap[1]), phase_distance = { a <- c(mean(abs(b$first.x - b$second.x)), mean(abs(b$first.y - b$second.y))); c(a, a[2] - a[1]) },
  phase_variance_ratio = { q <- c(var(b$first.x) / var(b$second.x), var(b$first.y) / var(b$second.y)); c(q, q[2] / q[1]) },
  phase_r = { r <- c(cor(b$first.x, b$second.x), cor(b$first.y, b$second.y)); c(r, r[2] - r[1]) })
golden <- list(profile = profile, items = items, surface = surface, phases = phases)
write_json(golden, file.path(here, "profiles.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
