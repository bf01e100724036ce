//! What happens in a demo again and again: figures come in, achievements are declared, approved and paid.

use super::history::{History, Told};
use super::places::COMMISSIONER;
use chrono::NaiveDate;
use domain::{
    Actor, Field, Figures, Period, ServiceId,
    contract::ContractKind,
    declaration::How,
    offer::OfferState,
    service::{Entry, Indicator, Service},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};
use store::{
    contract::{self, Details},
    declaration::{self, Filter, Seen},
    extract, offer,
    submission::{self, At, Typed},
};

/// More rows than a demo has.
const ALL: (i64, i64) = (0, 100_000);

const EXTRACT_HEADER: &str = "QUALITY_SERVICE,NAME,ORG_CODE,ACH_DATE,IND_CODE,FIELD_NAME,VALUE,DEFAULT_VALUES_USED,SUBMIT_USER_ID,SUBMIT_DATE,SUBMIT_TIME,LAST_SUBMISSION\n";

/// The figures made up for one provider and period.
type Imagined<'s> = Vec<(&'s Indicator, Field, i64)>;

impl History<'_> {
    /// Figures of every period that ended on a day: one extract for each service that has one, and what people type.
    /// Providers for which `reports` is false have not typed theirs.
    pub(super) async fn figures(
        &mut self,
        ended: NaiveDate,
        reports: impl Fn(&str) -> bool,
    ) -> Told {
        let services: Vec<_> = self.services.values().cloned().collect();
        for (id, service) in services {
            let Some(period) = service.periods().into_iter().find(|period| period.end == ended)
            else {
                continue;
            };
            let mut file = EXTRACT_HEADER.to_owned();
            let mut typed = Vec::new();
            for provider in self.takers(id).await? {
                let figures = self.imagine(&service, &provider, period);
                for figure in
                    figures.iter().filter(|(indicator, ..)| indicator.entry == Entry::Extract)
                {
                    self.extract_row(&mut file, &service, &provider, period, figure)?;
                }
                typed.push((provider, figures));
            }
            if file.len() > EXTRACT_HEADER.len() {
                self.load(&service, ended, &file).await?;
            }
            for (provider, figures) in typed.into_iter().filter(|(provider, _)| reports(provider)) {
                self.type_in(id, &service, &provider, period, &figures).await?;
            }
        }
        Ok(())
    }

    /// Codes of the providers that take part in a service.
    async fn takers(&self, service: ServiceId) -> Told<Vec<String>> {
        let by = self.actor(COMMISSIONER);
        let taking = offer::participations(&mut self.db.read().await?, &by).await?;
        let taking: BTreeSet<_> = taking
            .into_iter()
            .filter(|part| part.service == service)
            .map(|part| part.provider)
            .collect();
        let codes = self
            .providers
            .iter()
            .filter(|(_, id)| taking.contains(id))
            .map(|(code, _)| code.clone());
        Ok(codes.collect())
    }

    /// Early figures of a period that has not ended: some providers have typed one component, some all of them.
    pub(super) async fn begin_quarter(&mut self, code: &str, end: NaiveDate) -> Told {
        let (id, service) = self.services[code].clone();
        let Some(period) = service.periods().into_iter().find(|period| period.end == end) else {
            return Ok(());
        };
        for (place, provider) in self.takers(id).await?.into_iter().skip(2).take(8).enumerate() {
            let mut figures = self.imagine(&service, &provider, period);
            if place % 3 > 0 {
                let first = &service.components[0];
                figures.retain(|(indicator, ..)| {
                    first.indicators.iter().any(|own| own.code == indicator.code)
                });
            }
            self.type_in(id, &service, &provider, period, &figures).await?;
        }
        Ok(())
    }

    fn imagine<'s>(
        &mut self,
        service: &'s Service,
        provider: &str,
        period: Period,
    ) -> Imagined<'s> {
        let practice =
            self.providers.iter().position(|(code, _)| code == provider).unwrap_or_default();
        let list = self.numbers.list(practice, period.end);
        let months = i64::from((period.end - period.start).num_days() > 40) * 2 + 1;
        let mut figures: Imagined = Vec::new();
        for indicator in service.indicators() {
            let maximum = indicator
                .maximum()
                .and_then(|own| figures.iter().find(|(other, ..)| other.code == own.indicator));
            let maximum = maximum.map(|(.., value)| *value);
            let made_up = self.numbers.figures(indicator, list, months, maximum);
            figures.extend(made_up.into_iter().map(|(field, value)| (indicator, field, value)));
        }
        figures
    }

    fn extract_row(
        &self,
        file: &mut String,
        service: &Service,
        provider: &str,
        period: Period,
        (indicator, field, value): &(&Indicator, Field, i64),
    ) -> Told {
        let name = indicator.extract.get(field).map_or(field.extract_name(), String::as_str);
        let (date, submitted) = (period.end.format("%Y%m%d"), self.now.today.format("%d/%m/%Y"));
        let (code, title) = (&service.code, service.name.replace('"', "\"\""));
        writeln!(
            file,
            "{code},\"{title}\",{provider},{date},{},\"{}\",{value},N,cro-processor,{submitted},03:00:00,Y",
            indicator.code,
            name.replace('"', "\"\"")
        )?;
        Ok(())
    }

    async fn load(&mut self, service: &Service, ended: NaiveDate, file: &str) -> Told {
        let name = format!("{}_{ended}.csv", service.code);
        let hash = domain::hash::sha256(file.as_bytes());
        let by = Actor::system("cro-processor");
        let now = self.tick();
        let (rows, problems) = domain::extract::read(file.as_bytes(), by.name(), now.instant);
        let file = extract::File { name: &name, hash: &hash, problems: &problems };
        extract::load(self.db, file, &rows, &by, &now).await?;
        Ok(())
    }

    /// A provider types the figures that no extract brings, component by component.
    pub(super) async fn type_in(
        &mut self,
        id: ServiceId,
        service: &Service,
        provider: &str,
        period: Period,
        figures: &Imagined<'_>,
    ) -> Told {
        let by = self.actor(provider);
        let Some(organisation) = by.organisation().map(|organisation| organisation.id) else {
            return Ok(());
        };
        for component in &service.components {
            let own =
                |code: &str| component.indicators.iter().any(|indicator| indicator.code == code);
            // Made-up figures move more than real ones, so what is asked about is confirmed.
            let confirmed: Figures = figures
                .iter()
                .filter(|(indicator, ..)| indicator.entry == Entry::Manual && own(&indicator.code))
                .map(|(indicator, field, value)| ((indicator.code.clone(), *field), *value))
                .collect();
            let boxes: BTreeMap<_, _> =
                confirmed.iter().map(|(key, value)| (key.clone(), value.to_string())).collect();
            if boxes.is_empty() {
                continue;
            }
            let now = self.tick();
            let at = At { provider: organisation, service: &service.code, date: period.end };
            let mut tx = self.db.read().await?;
            let entry = submission::entry(&mut tx, &at, &component.code, &by, &now).await?;
            drop(tx);
            let typed = Typed {
                service: id,
                date: period.end,
                component: component.code.clone(),
                seen_version: entry.version,
                boxes,
                confirmed,
            };
            submission::submit(self.db, organisation, &typed, &by, &now).await?;
        }
        Ok(())
    }

    /// Every provider declares what awaits it, where the provider and the reference are among those to declare.
    pub(super) async fn declare(&mut self, wanted: impl Fn(&str, &str) -> bool) -> Told {
        for (code, _) in self.providers.clone() {
            let by = self.actor(&code);
            let awaiting = Filter::states(&["awaiting_provider"]);
            let found = declaration::list(&mut self.db.read().await?, &awaiting, ALL, &by).await?;
            let rows: Vec<_> = found
                .rows
                .iter()
                .map(seen)
                .filter(|seen| wanted(&code, &seen.reference))
                .map(|seen| (seen, String::new()))
                .collect();
            let now = self.tick();
            declaration::declare(self.db, &rows, &by, &now).await?;
        }
        Ok(())
    }

    /// Pending offers of a service: provider's code, offer and version.
    pub(super) async fn pending(
        &self,
        service: ServiceId,
    ) -> Told<Vec<(String, domain::OfferId, i64)>> {
        let mut pending = Vec::new();
        for (code, _) in &self.providers {
            let by = self.actor(code);
            let mut tx = self.db.read().await?;
            for listed in
                offer::of_provider(&mut tx, (None, Some(code)), 0, 100, &by, &self.now).await?
            {
                if listed.offer.service == service && listed.offer.state == OfferState::Pending {
                    pending.push((code.clone(), listed.offer.id, listed.offer.version));
                }
            }
        }
        Ok(pending)
    }

    /// One person approves what waits in a state, where the reference is one of those to approve.
    pub(super) async fn approve(
        &mut self,
        who: &str,
        state: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Told {
        let by = self.actor(who);
        let found =
            declaration::list(&mut self.db.read().await?, &Filter::states(&[state]), ALL, &by)
                .await?;
        let rows: Vec<_> =
            found.rows.iter().map(seen).filter(|seen| wanted(&seen.reference)).collect();
        let now = self.tick();
        declaration::approve(self.db, &rows, How::Alone, &by, &now).await?;
        Ok(())
    }

    /// Of the providers that rejected the newest local service, some ask for it after all, one is offered it again and
    /// accepts, and one offer that nobody answered is withdrawn.
    pub(super) async fn ask_again(&mut self, code: &str) -> Told {
        let (id, _) = self.services[code];
        let mut asked = 0;
        for (provider, _) in self.providers.clone() {
            let by = self.actor(&provider);
            let now = self.tick();
            let listed =
                offer::of_provider(&mut self.db.read().await?, (None, None), 0, 100, &by, &now)
                    .await?;
            let Some(row) = listed.into_iter().find(|row| row.offer.service == id) else {
                continue;
            };
            let (offer, version) = (row.offer.id, row.offer.version);
            match row.offer.state {
                OfferState::Rejected(_) if asked < 3 => {
                    let note = "We rejected this by mistake and want to take part.";
                    let requested =
                        offer::request(self.db, offer, version, note, &by, &now).await?;
                    if asked == 0 {
                        let commissioner = self.actor(COMMISSIONER);
                        let reissued = offer::reissue(
                            self.db,
                            offer,
                            requested.version,
                            None,
                            &commissioner,
                            &self.tick(),
                        )
                        .await?;
                        offer::accept(self.db, offer, reissued.version, &by, &self.tick()).await?;
                    }
                    asked += 1;
                }
                OfferState::Pending if provider == "Z81075" => {
                    let commissioner = self.actor(COMMISSIONER);
                    offer::withdraw(self.db, offer, version, &commissioner, &now).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A contract that the commissioner has begun and not confirmed.
    pub(super) async fn draft(&mut self, name: &str) -> Told {
        let by = self.actor(COMMISSIONER);
        let now = self.tick();
        let respond_by = domain::contract::usual_response_date(now.today);
        let (kind, name) = (ContractKind::Offer, name.to_owned());
        let details = Details { kind, name, respond_by, answers_may_change: true };
        contract::draft(self.db, &details, &by, &now).await?;
        Ok(())
    }
}

fn seen(row: &declaration::Listed) -> Seen {
    Seen {
        reference: row.declaration.reference.clone(),
        version: row.declaration.version,
        calculation: row.declaration.calculation,
    }
}
