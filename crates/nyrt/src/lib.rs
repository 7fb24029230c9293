//! nyrt
