using Fovea.Core.Json;

namespace Fovea.Models.Configs;

/// <summary>
/// Keys of published configurations that change nothing here: where the file came from, what a training run once did, how Transformers
/// computes, and its defaults of generation (those of <c>fovea generate</c> are its own). Dropout is among them: nothing here drops. A key that would change a
/// number is not in these lists unless its value says that it is off.
/// </summary>
internal static class ModelKeys
{
    /// <summary>Of every configuration of Transformers, in whole dumps of version 4 too.</summary>
    public static InertKeys Common { get; } = new("""
        _name_or_path name_or_path architectures model_type auto_map transformers_version transformers_weights torch_dtype dtype _commit_hash
        use_cache gradient_checkpointing return_dict output_hidden_states output_attentions torchscript use_bfloat16 tf_legacy_loss chunk_size_feed_forward
        is_decoder is_encoder_decoder=false add_cross_attention=false tie_encoder_decoder=false finetuning_task id2label label2id num_labels problem_type
        tokenizer_class prefix task_specific_params bos_token_id eos_token_id pad_token_id sep_token_id cls_token_id decoder_start_token_id keys_to_ignore_at_inference
        max_length min_length do_sample early_stopping num_beams num_beam_groups diversity_penalty temperature top_k top_p typical_p repetition_penalty length_penalty
        no_repeat_ngram_size=0 encoder_no_repeat_ngram_size=0 num_return_sequences output_scores return_dict_in_generate remove_invalid_values
        initializer_range initializer_factor attn_implementation _attn_implementation _attn_implementation_internal _attn_implementation_autoset _flash_attn_2_enabled
        use_flash_attn use_flash_attention_2 _experts_implementation pretraining_tp attention_dropout hidden_dropout dropout classifier_dropout attention_probs_dropout_prob
        tokenizer_model_max_length tokenizer_padding_side max_sequence_length ignore_index unsloth_version unsloth_fixed vision_tower_pretrained transformers.js_config
        """);

    /// <summary>Of every decoder: variants of its arithmetic that are off.</summary>
    public static InertKeys Decoder { get; } = new("""
        partial_rotary_factor=1|null attn_logit_softcapping=null final_logit_softcapping=null qk_layernorm=false use_qk_norm=false use_mrope=false rope_interleaved=false
        logit_scale=1 use_bidirectional_attention=false
        """);

    /// <summary>Of <c>llama</c>, which has no window.</summary>
    public static InertKeys Llama { get; } = new("use_sliding_window=false");

    /// <summary>Of <c>mistral</c>, whose window needs no switch and whose maps have no biases.</summary>
    public static InertKeys Mistral { get; } = new("use_sliding_window max_window_layers attention_bias=false mlp_bias=false");

    /// <summary>Of <c>qwen2</c>, whose query, key and value always have biases.</summary>
    public static InertKeys Qwen2 { get; } = new("attention_bias mlp_bias=false");

    /// <summary>Of a decoder without windows.</summary>
    public static InertKeys NoWindow { get; } = new("sliding_window max_window_layers");

    /// <summary>Of rotary parameters.</summary>
    public static InertKeys Rope { get; } = new("type partial_rotary_factor=1");

    /// <summary>Of a tower: what belongs to the text side of its model, or to training.</summary>
    public static InertKeys Tower { get; } =
        new("projection_dim vocab_size num_image_tokens logit_scale_init_value max_position_embeddings tie_word_embeddings");

    /// <summary>Of a CLIP tower, which has no pooling head.</summary>
    public static InertKeys Clip { get; } = new("vision_use_head");

    /// <summary>Of a whole CLIP or SigLIP model's configuration, of which the tower alone is read.</summary>
    public static InertKeys WholeClip { get; } = new("projection_dim logit_scale_init_value text_config text_config_dict");

    /// <summary>Of LLaVA as Transformers writes it.</summary>
    public static InertKeys Llava { get; } = new("image_seq_length vocab_size hidden_size num_additional_image_tokens use_image_newline_parameter=false");

    /// <summary>Of LLaVA's own code: how it trained, and what only several tiles, videos or skipped positions use.</summary>
    public static InertKeys OriginalLlava { get; } = new("""
        tune_* freeze_* unfreeze_* mm_tunable_parts mm_projector_lr mm_vision_tower_lr mm_vision_lr use_mm_proj=true mm_use_box_start_end=false
        image_aspect_ratio="pad"|"square" image_grid_pinpoints image_crop_resolution image_split_resolution mm_newline_position mm_spatial_pool_mode mm_spatial_pool_stride
        mm_spatial_pool_out_channels pos_skipping_range delay_load vision_tower mm_vision_tower mm_image_tower mm_video_tower=null image_token_index image_token_id lora_enable use_s2=false
        """);

    /// <summary>Of Prismatic's <c>model</c> object: the stages of its training.</summary>
    public static InertKeys PrismaticModel { get; } = new("""
        type model_id vision_backbone_id llm_backbone_id image_resize_strategy llm_max_length align_* pretrain_* finetune_* enable_gradient_checkpointing
        enable_mixed_precision_training reduce_in_full_precision
        """);

    /// <summary>Of the run around Prismatic's <c>model</c> object.</summary>
    public static InertKeys PrismaticRun { get; } = new("""
        dataset stage pretrained_checkpoint run_id run_root_dir seed hf_token trackers wandb_* workers num_workers mount_path image_token_index
        """);

    /// <summary>Of <c>generation_config.json</c>, of which the end ids are read.</summary>
    public static InertKeys Generation { get; } = new("""
        _from_model_config max_new_tokens min_new_tokens max_time min_p top_h epsilon_cutoff eta_cutoff penalty_alpha cache_implementation cache_config return_legacy_cache
        renormalize_logits low_memory output_logits token_healing=false guidance_scale=1 use_model_defaults disable_compile compile_config is_assistant num_assistant_tokens
        num_assistant_tokens_schedule assistant_confidence_threshold prompt_lookup_num_tokens max_matching_ngram_size assistant_early_exit assistant_lookbehind
        target_lookbehind generation_kwargs trust_remote_code chat_format user_token_id assistant_token_id prefill_chunk_size
        """);
}
