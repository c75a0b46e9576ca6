"""Every ES|QL function of stack 8.17 to 9.6: names, arguments, result, and the version that brought it.

Facts from Elastic's reference of ES|QL functions and operators, and from the signatures and lists that the
Elasticsearch repository generates for it (docs/reference/query-languages/esql); names that only development builds
know are here too, so that they are not called unknown. Where the reference is silent about a version, the earliest
that may be is given.
https://www.elastic.co/docs/reference/query-languages/esql/esql-functions-operators

A line is `name/alias(arguments) result since`. An argument names the families that it takes, joined by `|` (see
types.py; `whole` is a number without a fraction); `?` behind it says that it may be left out, `...` that it may stand
any number of times, `{}` is a map of options. A result `=1` is of the first argument's family; `unknown` is not
judged. Without a version, 8.17 has it. 8.19 stands for 8.19 and 9.1, which appeared side by side.
"""

from __future__ import annotations

from typing import Final

# In STATS and INLINE STATS only, before BY.
AGGREGATES: Final = """
absent(any) boolean 9.2
all_first(any, any) =1 9.3
all_last(any, any) =1 9.3
avg(number) number
count(any?) number
count_distinct(any, number?) number
earliest(any) =1 9.4
first(any, any) =1 9.3
last(any, any) =1 9.3
latest(any) =1 9.4
max(boolean|date|ip|number|string|version) =1
median(number) number
median_absolute_deviation(number) number
min(boolean|date|ip|number|string|version) =1
percentile(number, number) number
present(any) boolean 9.2
sample(any, whole) =1 8.19
sparkline(any...) unknown 9.4
st_centroid_agg(geo) geo
st_extent_agg(geo) geo 8.18
std_dev/stddev(number) number 8.18
sum(number) number
top(boolean|date|ip|number|string|version, whole, string?, any?) =1
values(any) =1
variance(number) number 9.3
weighted_avg(number, number) number
"""

# Aggregates over the values of one time series: in STATS after TS.
TIME_SERIES: Final = """
absent_over_time(any, any?) boolean 9.2
avg_over_time(number, any?) number 9.2
count_distinct_over_time(any, number?) number 9.2
count_over_time(any, any?) number 9.2
delta(any, any?) number 9.2
deriv(any, any?) number 9.3
first_over_time(any, any?) =1 9.2
idelta(any, any?) number 9.2
increase(any, any?) number 9.2
irate(any, any?) number 9.2
last_over_time(any, any?) =1 9.2
max_over_time(any, any?) =1 9.2
min_over_time(any, any?) =1 9.2
percentile_over_time(any, number) number 9.3
present_over_time(any, any?) boolean 9.2
rate(any, any?) number 9.2
stddev_over_time(any, any?) number 9.3
sum_over_time(any, any?) number 9.2
variance_over_time(any, any?) number 9.3
"""

# In STATS and INLINE STATS only, behind BY.
GROUPINGS: Final = """
bucket/bin(date|number, number|span, any?, any?) =1
categorize(string, {}) string
tbucket(number|span, any?, any?) date 9.2
tstep(number|span, any?, any?) date 9.5
without(any...) string 9.4
"""

# Search in the data's indices: in WHERE, and where a score is computed.
SEARCHES: Final = """
decay(any, any, any, {}) number 9.3
knn(any, any, {}) boolean 9.2
kql(string, {}) boolean 8.18
match(any, any, {}) boolean
match_phrase(string, string, {}) boolean 8.19
multi_match(any, any, any..., {}) boolean 8.19
qstr(string, {}) boolean
score(boolean) number 9.3
term(string, string) boolean 8.18
"""

SCALARS: Final = """
abs(number) =1
acos(number) number
acosh(number) number 9.4
asin(number) number
asinh(number) number 9.4
atan(number) number
atan2(number, number) number
atanh(number) number 9.4
bit_length(string) number
byte_length(string) number
case(any, any, any...) unknown
cbrt(number) number
ceil(number) =1
chunk(string, {}) string 9.3
cidr_match(ip, string, string...) boolean
clamp(any, any, any) =1 9.3
clamp_max(any, any) =1 9.3
clamp_min(any, any) =1 9.3
coalesce(any, any...) unknown
concat(string, string, string...) string
contains(string, string) boolean 9.2
copy_sign(number, number) =1 8.19
cos(number) number
cosh(number) number
date_diff(string, date, date) number
date_extract(string, date) number
date_format(any, date?) string
date_parse(string, string?, {}) date
date_trunc(span, date) date
date_unit_count(string, string, date) number 9.4
day(date) number 9.6
day_name(date) string 9.2
days_in_month(date) number 9.4
e() number
embedding(string, string, {}) unknown 9.4
ends_with(string, string) boolean
exp(number) number
extract_snippets(string, string, {}) string 9.2
field_extract(any, string) unknown 9.5
floor(number) =1
from_base64(string) string
greatest(any, any...) unknown
hash(string, string) string 8.18
hour(date) number 9.6
hypot(number, number) number
in_range(any, any) boolean 9.4
ip_prefix(ip, whole, whole) ip
json_extract(any, string) string 9.4
least(any, any...) unknown
left(string, whole) string
length(string) number
locate(string, string, whole?) number
log(number, number?) number
log10(number) number
ltrim(string) string
md5(string) string 8.18
month(date) number 9.6
month_name(date) string 9.2
mv_append(any, any) unknown
mv_avg(number) number
mv_concat(string, string) string
mv_contains(any, any) boolean 9.2
mv_contains_all(any, any) boolean 9.2
mv_count(any) number
mv_dedupe(any) =1
mv_difference(any, any) =1 9.4
mv_first(any) =1
mv_greater(any, any, any?) boolean 9.6
mv_in_range(any, any, any...) boolean 9.6
mv_intersection(any, any) unknown 9.3
mv_intersects(any, any) boolean 9.3
mv_last(any) =1
mv_less(any, any, any?) boolean 9.6
mv_like(any, any) boolean 9.6
mv_max(any) =1
mv_median(number) =1
mv_median_absolute_deviation(number) =1
mv_min(any) =1
mv_percentile(number, number) =1
mv_pseries_weighted_sum(number, number) number
mv_rlike(any, any) boolean 9.6
mv_slice(any, whole, whole?) =1
mv_sort(any, string?) =1
mv_sum(number) =1
mv_union(any, any) unknown 9.4
mv_zip(string, string, string?) string
network_direction(any, any, any) string 9.4
now() date
pi() number
pow(number, number) number
range_contains(any, any) boolean 9.5
range_intersects(any, any) boolean 9.5
range_max(any) unknown 9.5
range_min(any) unknown 9.5
range_within(any, any) boolean 9.5
repeat(string, whole) string
replace(string, string, string) string
reverse(string) string
right(string, whole) string
round(number, whole?) =1
round_to(any, any, any...) =1 8.19
rtrim(string) string
scalb(number, whole) number 8.19
sha1(string) string 8.18
sha256(string) string 8.18
signum(number) number
sin(number) number
sinh(number) number
space(whole) string
split(string, string) string
sqrt(number) number
st_buffer(any, number) unknown 9.4
st_contains(any, any) boolean
st_difference(any, any) unknown 9.5
st_dimension(any) number 9.4
st_disjoint(any, any) boolean
st_distance(any, any) number
st_envelope(any) geo
st_geohash(any, whole, any?) unknown 8.19
st_geohash_to_geoshape(any) geo 8.19
st_geohash_to_long(any) number 8.19
st_geohash_to_string(any) string 8.19
st_geohex(any, whole, any?) unknown 8.19
st_geohex_to_geoshape(any) geo 8.19
st_geohex_to_long(any) number 8.19
st_geohex_to_string(any) string 8.19
st_geometrytype(any) string 9.4
st_geotile(any, whole, any?) unknown 8.19
st_geotile_to_geoshape(any) geo 8.19
st_geotile_to_long(any) number 8.19
st_geotile_to_string(any) string 8.19
st_intersection(any, any) unknown 9.5
st_intersects(any, any) boolean
st_isempty(any) boolean 9.4
st_npoints(any) number 9.4
st_simplify(any, number) unknown 9.4
st_simplifypreservetopology(any, number) unknown 9.4
st_symdifference(any, any) unknown 9.5
st_union(any, any) unknown 9.5
st_within(any, any) boolean
st_x(any) number
st_xmax(any) number 8.18
st_xmin(any) number 8.18
st_y(any) number
st_ymax(any) number 8.18
st_ymin(any) number 8.18
starts_with(string, string) boolean
substring(string, whole, whole?) string
tan(number) number
tanh(number) number
tau() number
text_embedding(string, string, {}) unknown 9.3
to_aggregate_metric_double/to_aggregatemetricdouble(any) unknown 8.19
to_ascii/ascii(string) string 9.5
to_base64(string) string
to_boolean/to_bool(boolean|number|string) boolean
to_cartesianpoint(any) geo
to_cartesianshape(any) geo
to_counter(any) unknown 9.5
to_date_nanos/to_datenanos(date|number|string) date
to_date_range(any) unknown 9.5
to_dateperiod(span|string) span
to_datetime/to_dt(date|number|string) date
to_degrees(number) number
to_dense_vector(any) unknown 9.2
to_double/to_dbl(boolean|date|number|string) number
to_double_range(any, any?) unknown 9.6
to_exponential_histogram(any) unknown 9.4
to_gauge(any) unknown 9.5
to_geohash(any) unknown 9.2
to_geohex(any) unknown 9.2
to_geopoint(geo|string) geo
to_geoshape(geo|string) geo
to_geotile(any) unknown 9.2
to_integer/to_int(boolean|date|number|string, whole?) number
to_ip(ip|string, {}) ip
to_long(boolean|date|geo|number|string, whole?) number
to_lower(string) string
to_radians(number) number
to_range(any, any) unknown 9.5
to_string/to_str(any) string
to_tdigest(any) unknown 9.3
to_text(string) string 9.5
to_timeduration(span|string) span
to_unsigned_long/to_ulong/to_ul(boolean|date|number|string) number
to_upper(string) string
to_version/to_ver(string|version) version
top_snippets(string, string, {}) string 9.3
trange(any, any?) boolean 9.3
trim(string) string
url_decode(string) string 9.2
url_encode(string) string 9.2
url_encode_component(string) string 9.2
v_cosine(any, any) number 9.3
v_dot_product(any, any) number 9.3
v_hamming(any, any) number 9.3
v_l1_norm(any, any) number 9.3
v_l2_norm(any, any) number 9.3
v_magnitude(any) number 9.3
year(date) number 9.6
"""

# The function that a cast `::type` stands for.
CASTS: Final = {
    "boolean": "to_boolean",
    "bool": "to_boolean",
    "cartesian_point": "to_cartesianpoint",
    "cartesian_shape": "to_cartesianshape",
    "date": "to_datetime",
    "date_nanos": "to_date_nanos",
    "date_period": "to_dateperiod",
    "date_range": "to_date_range",
    "datetime": "to_datetime",
    "dense_vector": "to_dense_vector",
    "double": "to_double",
    "exponential_histogram": "to_exponential_histogram",
    "geo_point": "to_geopoint",
    "geo_shape": "to_geoshape",
    "geohash": "to_geohash",
    "geohex": "to_geohex",
    "geotile": "to_geotile",
    "int": "to_integer",
    "integer": "to_integer",
    "ip": "to_ip",
    "keyword": "to_string",
    "long": "to_long",
    "aggregate_metric_double": "to_aggregate_metric_double",
    "string": "to_string",
    "tdigest": "to_tdigest",
    "text": "to_string",
    "time_duration": "to_timeduration",
    "unsigned_long": "to_unsigned_long",
    "ulong": "to_unsigned_long",
    "version": "to_version",
}
