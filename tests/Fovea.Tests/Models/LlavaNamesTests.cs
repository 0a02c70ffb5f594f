using Fovea.Models.Checkpoints;
using Xunit;

namespace Fovea.Tests.Models;

public sealed class LlavaNamesTests
{
    [Theory]
    [InlineData("language_model.model.layers.3.mlp.up_proj.weight", "model.language_model.layers.3.mlp.up_proj.weight")] // before 4.52, and 5
    [InlineData("language_model.lm_head.weight", "lm_head.weight")]
    [InlineData("vision_tower.vision_model.pre_layrnorm.bias", "model.vision_tower.vision_model.pre_layrnorm.bias")]
    [InlineData("multi_modal_projector.linear_1.bias", "model.multi_modal_projector.linear_1.bias")]
    [InlineData("vision_tower.encoder.layers.0.mlp.fc1.bias", "model.vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias")] // 5
    [InlineData("model.vision_tower.encoder.layers.0.mlp.fc1.bias", "model.vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias")]
    [InlineData("model.language_model.norm.weight", "model.language_model.norm.weight")] // 4.52
    [InlineData("vision_tower.vision_model.embeddings.position_ids", null)]
    [InlineData("language_model.model.layers.0.self_attn.rotary_emb.inv_freq", null)]
    public void Names_of_every_version_of_transformers_are_understood(string stored, string? canonical) =>
        Assert.Equal(canonical, LlavaNames.Canonical(stored));

    [Theory]
    [InlineData("model.layers.3.mlp.up_proj.weight", "model.language_model.layers.3.mlp.up_proj.weight")]
    [InlineData("lm_head.weight", "lm_head.weight")]
    [InlineData("model.mm_projector.0.weight", "model.multi_modal_projector.linear_1.weight")]
    [InlineData("model.mm_projector.2.bias", "model.multi_modal_projector.linear_2.bias")]
    [InlineData("model.mm_projector.4.bias", "model.multi_modal_projector.linear_3.bias")]
    [InlineData("model.mm_projector.weight", "model.multi_modal_projector.linear_1.weight")] // a single linear map
    [InlineData("model.vision_tower.vision_tower.vision_model.post_layernorm.bias", "model.vision_tower.vision_model.post_layernorm.bias")]
    [InlineData("model.vision_tower.vision_tower.vision_model.embeddings.position_ids", null)]
    public void Names_of_the_original_code_are_understood(string stored, string? canonical) => Assert.Equal(canonical, LlavaNames.Original(stored));

    [Theory]
    [InlineData("model.projector.mlp_projector.0.weight", "model.multi_modal_projector.linear_1.weight")]
    [InlineData("projector.projector.2.bias", "model.multi_modal_projector.linear_2.bias")]
    [InlineData("model.llm_backbone.llm.model.embed_tokens.weight", "model.language_model.embed_tokens.weight")]
    [InlineData("llm_backbone.llm.lm_head.weight", "lm_head.weight")]
    [InlineData("optimizer.state.0.exp_avg", null)]
    [InlineData("model.vision_backbone.featurizer.norm.bias", "vision_backbone.featurizer.norm.bias")] // unexpected, and said to be
    public void Names_of_prismatic_are_understood(string stored, string? canonical) => Assert.Equal(canonical, LlavaNames.Prismatic(stored));

    [Theory]
    [InlineData("vision_model.embeddings.class_embedding", "model.vision_tower.vision_model.embeddings.class_embedding")]
    [InlineData("embeddings.class_embedding", "model.vision_tower.vision_model.embeddings.class_embedding")]
    [InlineData("text_model.final_layer_norm.bias", null)]
    [InlineData("logit_scale", null)]
    public void Names_of_a_tower_are_understood(string stored, string? canonical) => Assert.Equal(canonical, LlavaNames.OfTower(stored));
}
