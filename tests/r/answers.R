# What R's survival, cmprsk and VGAM answer on cases.csv: Rscript answers.R cases.csv > answers.csv
# At risk on day d when entry <= d <= end: R's intervals are open on the left, so entry is half a day earlier.
suppressMessages({library(survival); library(cmprsk)})
d <- read.csv(commandArgs(TRUE)[1])
d$from <- d$entry - 0.5
d$answered <- as.integer(d$cause == "answered")
d$end <- factor(ifelse(d$cause == "", "pending", d$cause), levels = c("pending", "answered", "ended_otherwise"))
d$id <- seq_len(nrow(d))
confs <- c("log-log", "log", "plain")

cat("question,group,conf,at,name,value\n")
say <- function(question, group, conf, at, name, value)
  cat(paste(question, group, conf, at, name, formatC(value, digits = 12, format = "g", width = 1), sep = ",", collapse = "\n"), "\n", sep = "")

# The product limit with late entry (an end without an answer as censored), its error and limits, its quantiles.
for (conf in confs) {
  fit <- survfit(Surv(from, days, answered) ~ group, data = d, conf.type = conf)
  of <- rep(sub("group=", "", names(fit$strata)), fit$strata)
  on <- fit$n.event > 0
  for (name in c("n.risk", "n.event", "surv", "lower", "upper"))
    say("survival", of[on], conf, fit$time[on], name, fit[[name]][on])
  say("survival", of[on], conf, fit$time[on], "std.err", (fit$surv * fit$std.err)[on])
  q <- quantile(fit, c(.25, .5, .75))
  for (name in c("quantile", "lower", "upper")) for (level in c("25", "50", "75"))
    say("quantile", sub("group=", "", rownames(q$quantile)), conf, level, name, q[[name]][, level])
}

# The restricted mean.
for (tau in c(10, 20)) {
  found <- summary(survfit(Surv(from, days, answered) ~ group, data = d), rmean = tau)$table
  say("rmst", sub("group=", "", rownames(found)), "", tau, "rmst", found[, "rmean"])
  say("rmst", sub("group=", "", rownames(found)), "", tau, "std.err", found[, "se(rmean)"])
}

# Aalen and Johansen's incidence of each group, with late entry; its error without, as R's (the infinitesimal
# jackknife) and the delta method are the same there and not with late entry. R's plain limits, and its
# log-log limits of one minus the incidence. The time spent answered, up to tau, is what the restricted mean
# lacks of tau.
for (one in c("a", "b", "c")) {
  part <- d[d$group == one, ]
  late <- survfit(Surv(from, days, end) ~ 1, data = part, id = id)
  fit <- survfit(Surv(days, end) ~ 1, data = part, id = id, conf.type = "plain", influence = TRUE)
  for (state in c("answered", "ended_otherwise")) {
    k <- match(state, fit$states)
    on <- fit$n.event[, k] > 0
    say(paste0("incidence of ", state), one, "", fit$time[on], "incidence", fit$pstate[on, k])
    say(paste0("incidence of ", state), one, "", fit$time[on], "std.err", fit$std.err[on, k])
    say(paste0("incidence of ", state), one, "plain", fit$time[on], "lower", fit$lower[on, k])
    say(paste0("incidence of ", state), one, "plain", fit$time[on], "upper", fit$upper[on, k])
    open <- survival:::survfit_confint(1 - fit$pstate[on, k], fit$std.err[on, k], FALSE, "log-log", 0.95)
    say(paste0("incidence of ", state), one, "log-log", fit$time[on], "lower", 1 - open$upper)
    say(paste0("incidence of ", state), one, "log-log", fit$time[on], "upper", 1 - open$lower)
    on <- late$n.event[, k] > 0
    say(paste("with late entry incidence of", state), one, "", late$time[on], "incidence", late$pstate[on, k])
  }
  say("rmst with late entry and competing ends", one, "", 15, "rmst", 15 - summary(late, rmean = 15)$table["answered", "rmean"])
  # R gives no error of that time: it is the root of the sum of the requests' squared influences on it.
  say("rmst with competing ends", one, "", 15, "rmst", 15 - summary(fit, rmean = 15)$table["answered", "rmean"])
  until <- fit$time[fit$time < 15]
  influence <- fit$influence.pstate[, seq_along(until) + 1, match("answered", fit$states)]
  say("rmst with competing ends", one, "", 15, "std.err", sqrt(sum((influence %*% diff(c(until, 15)))^2)))
}

# Without late entry cmprsk answers too.
est <- timepoints(cuminc(d$days, as.integer(d$end) - 1, d$group), c(5, 10, 15))$est
for (one in c("a", "b", "c")) say("incidence by cmprsk", one, "", c(5, 10, 15), "incidence", est[paste(one, 1), ])

# Tests of equal curves.
tell <- function(question, conf, found) { say(question, "", conf, "", "statistic", found[1]); say(question, "", conf, "", "df", found[2]) }
of_survdiff <- function(x) c(x$chisq, sum(rowSums(cbind(x$exp)) > 0) - 1)
tell("logrank", "", of_survdiff(survdiff(Surv(days, answered) ~ group, d)))
tell("logrank within strata", "", of_survdiff(survdiff(Surv(days, answered) ~ group + strata(stratum), d)))
# With late entry it is the score test of a Cox model where no two end on a day: days by their rank.
d$place <- rank(d$days, ties.method = "first")
d$since <- pmin(sapply(d$entry, function(e) sum(d$days < e)), d$place) - 0.5
tell("logrank with late entry", "", c(coxph(Surv(since, place, answered) ~ group, d, ties = "breslow")$score, 2))
tell("logrank with late entry within strata", "", c(coxph(Surv(since, place, answered) ~ group + strata(stratum), d, ties = "breslow")$score, 2))
for (cause in 1:2) {
  tell("gray", levels(d$end)[cause + 1], cuminc(d$days, as.integer(d$end) - 1, d$group)$Tests[cause, c(1, 3)])
  tell("gray within strata", levels(d$end)[cause + 1], cuminc(d$days, as.integer(d$end) - 1, d$group, d$stratum)$Tests[cause, c(1, 3)])
}

# The tails of a beta-binomial by which a group of a funnel is named: so many of so many, of a mean and a standard deviation.
for (of in list(c(7, 30, .6, .05), c(95, 100, .8, .1), c(0, 12, .3, .07), c(24, 78, .44, .05))) {
  size <- of[3] * (1 - of[3]) / of[4]^2 - 1
  below <- VGAM::pbetabinom.ab(c(of[1], of[1] - 1), of[2], of[3] * size, (1 - of[3]) * size)
  say("tail of a group", paste(of[1], "of", of[2]), of[4], of[3], c("lower", "upper"), c(below[1], 1 - below[2]))
}

# What twelve quarters allow of the next, and of a third of it.
past <- list(c(14, 18, 11, 22, 16, 13, 19, 25, 12, 17, 15, 20), c(30, 24, 36, 30, 27, 33, 25, 35, 30, 28, 32, 30))
for (n in 1:2) for (observed in c(1, 1 / 3)) {
  spread <- max(1, var(past[[n]]) / mean(past[[n]])) * (1 + observed / 12)
  size <- observed * (sum(past[[n]]) + .5) / 12 / (spread - 1)
  say("counts allowed", n, .001, observed, c("lower", "upper"), qnbinom(c(.0005, .9995), size, 1 / spread))
}
