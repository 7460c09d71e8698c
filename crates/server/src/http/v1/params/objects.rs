//! Lists of objects, such as the `schedules` of a registration.

use dangol_domain::v1::Refusal;

use super::{Param, Params, json, malformed};

impl Params<'_> {
    /// Reads each object of a list, which a form writes as `a[0][b]=c` or as JSON text. A refusal of `read` names the
    /// object; one object alone counts as a list. Unset is an empty list.
    ///
    /// # Errors
    /// When it is no list of objects, or has more than `max`.
    pub fn objects<T>(
        &self,
        name: &str,
        max: usize,
        read: impl Fn(&Params<'_>) -> Result<T, Refusal>,
    ) -> Result<Vec<T>, Refusal> {
        let text = match self.find(name) {
            None | Some(Param::Unset | Param::Bare("false")) => return Ok(Vec::new()),
            Some(Param::Json(text) | Param::Text(text)) => text.trim(),
            Some(Param::Bare(_)) => return Err(no_objects(name)),
        };
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let listed = match text.starts_with('{') {
            true => vec![Param::Json(text.into())],
            false => json::read_list(text).ok_or_else(|| no_objects(name))?,
        };
        if listed.len() > max {
            return Err(malformed(name, &format!("must be at most {max}")));
        }
        let mut all = Vec::with_capacity(listed.len());
        for (n, param) in listed.iter().enumerate() {
            let Param::Json(text) = param else {
                return Err(no_objects(name));
            };
            let object = json::read_object(text.as_bytes()).map_err(|_| no_objects(name))?;
            let object = Params::checked(object).and_then(|object| read(&object));
            all.push(object.map_err(|refusal| of_object(name, n, refusal))?);
        }
        Ok(all)
    }
}

fn no_objects(name: &str) -> Refusal {
    malformed(name, "must be a list of objects")
}

fn of_object(name: &str, n: usize, refusal: Refusal) -> Refusal {
    Refusal {
        message: format!("{name}[{n}].{}", refusal.message),
        ..refusal
    }
}
