-- What must be true between the tables of a run. Each rule is a comment, which names the table that is wrong if the
-- rule finds rows and says what was expected of it, and a query for what is wrong: columns that say where, and found.
-- Names with a colon stand for numbers of the run and its model. What must be true of every row of one table is in
-- data-schemas, and is audited, too.

-- windows: at least one row
select count(*) as found from windows having count(*) = 0;

-- occurrences: min(occurrences, keep-occurrences) places of every window that stands in more than one
select window_id, size(positions) as found
from (select window_id, occurrences from windows where occurrences > 1 and :keep_occurrences > 1)
full join occurrences using (window_id)
where (size(positions) = least(occurrences, :keep_occurrences)) is not true;

-- passages: the windows of a sample where they stand
select window_id, slice(p.token_ids, int(window_id - first_position) + 1, :window_length) as found
from (
  select window_id, token_ids from windows where :has_passages and pmod(xxhash64(window_id), 64) = 0) w
left join passages p
  on passage = window_id div 1024
  and window_id between first_position and first_position + size(p.token_ids) - 1
where p.token_ids is null
  or slice(p.token_ids, int(window_id - first_position) + 1, :window_length)
    <> slice(w.token_ids, 1, size(slice(p.token_ids, int(window_id - first_position) + 1, :window_length)));

-- prompts: every prompt_id of predictions once
select prompt_id, sum(found) as found
from (
  select prompt_id, 1 as found from prompts
  union all
  select distinct prompt_id, 0 from predictions)
group by prompt_id
having sum(found) <> 1;

-- similar_strings: min(similar_count, keep-similar) rows for every prompt and block
select prompt_id, block, sum(found) as found
from (
  select prompt_id, block, count(*) as found, 0 as expected from similar_strings group by prompt_id, block
  union all
  select prompt_id, block, 0, least(similar_count, :keep_similar) from block_distributions)
group by prompt_id, block
having sum(found) <> sum(expected);

-- block_distributions: similar_count of at most the windows there are, and counts whose sum is at least similar_count
-- less the windows without a next token, at most all occurrences, and 0 without similar strings
select prompt_id, block, concat('similar_count ', similar_count, ', sum ', total) as found
from (
  select prompt_id, block, similar_count, aggregate(map_values(counts), 0d, (sum, n) -> sum + n) as total
  from block_distributions)
cross join (
  select count(*) as windows, sum(occurrences) as occurrences, count_if(size(next_tokens) = 0) as without_next
  from windows)
where (similar_count <= windows and total between similar_count - without_next and occurrences
  and (similar_count > 0 or total = 0)) is not true;

-- block_distributions: the prompt's own window among its similar strings
select prompt_id, block, similar_count as found
from block_distributions
join prompts using (prompt_id)
join prompt_activations using (prompt_id, block)
where not own_window_similar and window_id is not null
  -- A vector of zeros is similar to none, and evaluated in another batch a window can be as little from itself.
  and exists(ffn_out, x -> x <> 0) and element_at(:thresholds, block) <= 0.999;

-- ring_distributions: rings of which all similar strings are in one
select prompt_id, block, concat(coalesce(strings, 0), ' of ', similar_count, ' strings, ', coalesce(next_tokens, 0)) as found
from (
  select prompt_id, block, similar_count, aggregate(map_values(counts), 0L, (sum, n) -> sum + n) as total
  from block_distributions where :has_rings)
left join (
  select prompt_id, block, sum(similar_count) as strings,
    sum(aggregate(map_values(counts), 0L, (sum, n) -> sum + n)) as next_tokens
  from ring_distributions group by prompt_id, block) using (prompt_id, block)
where coalesce(strings, 0) <> similar_count or coalesce(next_tokens, 0) <> total;

-- distances: top tokens where approximations have evidence, and only there
select prompt_id, string(struct(top_token, leave_one_out_top_token)) as found
from distances
join approximations using (prompt_id)
where (top_token is null) <> (size(probabilities) = 0)
  or (leave_one_out_top_token is null) <> (size(leave_one_out_probabilities) = 0);

-- baselines: at least one row
select count(*) as found from baselines having count(*) = 0;

-- baselines: one row of each for every prompt
select baseline, count(*) as found
from baselines
cross join (select count(*) as prompts, sum(xxhash64(prompt_id) & 2147483647) as hash from prompts)
group by baseline, prompts, hash
having count(*) <> prompts or sum(xxhash64(prompt_id) & 2147483647) <> hash;

-- baselines: hellinger_leave_one_out for all prompts or for none
select baseline, concat(count(hellinger_leave_one_out), ' of ', count(*)) as found
from baselines
group by baseline
having count(hellinger_leave_one_out) not in (0, count(*));

-- baseline_fits: one strongest n-gram
select count_if(is_strongest) as found from baseline_fits having count_if(is_strongest) <> 1;

-- summaries: every figure once
select concat_ws(' ', series, protocol, slice, 'block ' || block, quantity, statistic) as figure,
  count(*) as found
from summaries
group by series, protocol, slice, block, quantity, statistic
having count(*) > 1;

-- summaries: what distances say
select concat_ws(' ', series, protocol, quantity, statistic) as figure,
  concat(coalesce(string(s.value), 'none'), ' instead of ', e.value) as found
from (
  select 'similar_strings' as series, stack(13,
    'compatible', 'prompts', 'count', double(count(*)),
    'compatible', 'hellinger', 'mean', avg(hellinger),
    'compatible', 'hellinger', 'min', min(hellinger),
    'compatible', 'hellinger', 'max', max(hellinger),
    'compatible', 'top1', 'mean', avg(int(top_token_agrees)),
    'compatible', 'first_tokens_in_order', 'top_1', avg(int(leading_agreement >= 1)),
    'compatible', 'prompts_without_evidence', 'count', double(count_if(top_token is null)),
    'honest', 'hellinger', 'mean', avg(hellinger_leave_one_out),
    'honest', 'hellinger', 'min', min(hellinger_leave_one_out),
    'honest', 'hellinger', 'max', max(hellinger_leave_one_out),
    'honest', 'top1', 'mean', avg(int(leave_one_out_top_token <=> model_top_token)),
    'honest', 'first_tokens_in_order', 'top_1', avg(int(leave_one_out_leading_agreement >= 1)),
    'honest', 'prompts_without_evidence', 'count', double(count_if(leave_one_out_top_token is null)))
    as (protocol, quantity, statistic, value)
  from distances) e
left join (select * from summaries where slice is null and block is null) s using (series, protocol, quantity, statistic)
where (abs(s.value - e.value) <= 1e-9 * greatest(1, abs(e.value))) is not true;

-- summaries: what block_distributions say
select concat_ws(' ', 'block', e.block, statistic) as figure,
  concat(coalesce(string(s.value), 'none'), ' instead of ', e.value) as found
from (
  select block, explode(map(
    'mean', avg(similar_count),
    'min', double(min(similar_count)),
    'max', double(max(similar_count)))) as (statistic, value)
  from block_distributions
  group by block) e
left join (select * from summaries where series = 'similar_strings' and quantity = 'strings') s using (block, statistic)
where (abs(s.value - e.value) <= 1e-9 * greatest(1, abs(e.value))) is not true;

-- summaries: what baselines say
select concat_ws(' ', series, protocol, quantity, statistic) as figure,
  concat(coalesce(string(s.value), 'none'), ' instead of ', e.value) as found
from (
  select baseline as series, 'hellinger' as quantity, stack(6,
    'compatible', 'mean', avg(hellinger),
    'compatible', 'min', min(hellinger),
    'compatible', 'max', max(hellinger),
    'honest', 'mean', avg(hellinger_leave_one_out),
    'honest', 'min', min(hellinger_leave_one_out),
    'honest', 'max', max(hellinger_leave_one_out)) as (protocol, statistic, value)
  from baselines
  group by baseline) e
left join (select * from summaries where slice is null and block is null) s using (series, protocol, quantity, statistic)
where e.value is not null and (abs(s.value - e.value) <= 1e-9 * greatest(1, abs(e.value))) is not true;

-- summaries: what baselines say of the strongest n-gram, and distances beside it
select concat_ws(' ', series, protocol, quantity, statistic) as figure,
  concat(coalesce(string(s.value), 'none'), ' instead of ', e.value) as found
from (
  select 'honest' as protocol, stack(4,
    'ngram', 'hellinger', 'mean', avg(b.hellinger_leave_one_out),
    'ngram', 'hellinger', 'min', min(b.hellinger_leave_one_out),
    'ngram', 'hellinger', 'max', max(b.hellinger_leave_one_out),
    'similar_strings', 'gain_over_ngram', 'mean',
    avg(b.hellinger_leave_one_out) - avg(d.hellinger_leave_one_out)) as (series, quantity, statistic, value)
  from distances d
  join baselines b using (prompt_id)
  join baseline_fits using (baseline)
  where is_strongest) e
left join (select * from summaries where slice is null and block is null) s using (series, protocol, quantity, statistic)
where (abs(s.value - e.value) <= 1e-9 * greatest(1, abs(e.value))) is not true;

-- summaries: what model_distances say
select concat_ws(' ', series, statistic) as figure,
  concat(coalesce(string(s.value), 'none'), ' instead of ', e.value) as found
from (
  select series, explode(map(
    'mean', avg(hellinger),
    'min', min(hellinger),
    'max', max(hellinger))) as (statistic, value)
  from (
    select 'noise_floor' as series, hellinger from model_distances
    union all
    select concat('alternate_', array_position(:alternates, alternate_id) - 1), hellinger from model_distances)
  group by series) e
left join (select * from summaries where quantity = 'hellinger' and slice is null) s using (series, statistic)
where (abs(s.value - e.value) <= 1e-9 * greatest(1, abs(e.value))) is not true;
