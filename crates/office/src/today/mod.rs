//! Today: what needs doing now, across areas. It reads what other areas offer and owns no table.

pub mod desk;
