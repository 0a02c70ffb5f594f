namespace Fovea.Models.Checkpoints;

/// <summary>Parameter names as Transformers 4.52 writes them, from those of the layouts in which checkpoints come.</summary>
internal static class LlavaNames
{
    private const string Model = "model.";
    private const string Tower = "model.vision_tower.";
    private const string Text = "language_model.";
    private static readonly string[] ProjectorFields = ["mlp_projector.", "projector."];
    private static readonly string[] TextOfClip = ["text_model.", "text_projection", "visual_projection", "logit_scale", "logit_bias"];

    /// <summary>From the names of Transformers before 4.52, of 4.52, and of version 5.</summary>
    public static string? Canonical(string name)
    {
        if (IsBuffer(name))
        {
            return null;
        }

        if (name == Text + "lm_head.weight")
        {
            return "lm_head.weight";
        }

        if (name.StartsWith(Text + "model.", StringComparison.Ordinal))
        {
            return "model." + Text + name[(Text.Length + "model.".Length)..];
        }

        if (name.StartsWith("vision_tower.", StringComparison.Ordinal) || name.StartsWith("multi_modal_projector.", StringComparison.Ordinal))
        {
            name = "model." + name;
        }

        // Version 5 leaves out vision_model, which every earlier one has.
        return name.StartsWith(Tower, StringComparison.Ordinal) ? Tower + TowerName(name[Tower.Length..]) : name;
    }

    /// <summary>From the names of the original LLaVA code, whose decoder has no prefix of its own and whose tower may lie in the checkpoint.</summary>
    public static string? Original(string name)
    {
        const string Projector = "model.mm_projector.";
        if (IsBuffer(name))
        {
            return null;
        }

        if (name.StartsWith(Projector, StringComparison.Ordinal))
        {
            return ProjectorName(name[Projector.Length..]);
        }

        if (name.StartsWith(Tower, StringComparison.Ordinal))
        {
            // The code wraps its tower in an object that has a tower.
            var rest = name[Tower.Length..];
            return Tower + TowerName(rest.StartsWith("vision_tower.", StringComparison.Ordinal) ? rest["vision_tower.".Length..] : rest);
        }

        return name.StartsWith(Model, StringComparison.Ordinal) ? Model + Text + name[Model.Length..] : name;
    }

    /// <summary>
    /// From the names of Open-Qwen2VL's Prismatic code: <c>projector.*</c> and <c>llm_backbone.llm.*</c>, with or without <c>model.</c> before them.
    /// </summary>
    public static string? Prismatic(string name)
    {
        const string Decoder = "llm_backbone.llm.", Projector = "projector.";
        if (name.StartsWith("optimizer.", StringComparison.Ordinal))
        {
            return null; // a checkpoint from the middle of training
        }

        var bare = name.StartsWith(Model, StringComparison.Ordinal) ? name[Model.Length..] : name;
        if (bare.StartsWith(Decoder, StringComparison.Ordinal))
        {
            return Original(bare[Decoder.Length..]);
        }

        if (!bare.StartsWith(Projector, StringComparison.Ordinal))
        {
            return bare;
        }

        bare = bare[Projector.Length..];
        var inner = ProjectorFields.FirstOrDefault(p => bare.StartsWith(p, StringComparison.Ordinal)) ?? "";
        return ProjectorName(bare[inner.Length..]);
    }

    /// <summary>From the names of a tower's own folder, which may hold a whole CLIP or SigLIP model.</summary>
    public static string? OfTower(string name) =>
        IsBuffer(name) || TextOfClip.Any(t => name.StartsWith(t, StringComparison.Ordinal)) ? null : Tower + TowerName(name);

    /// <summary>From the names of a text-only model, or of SOLO.</summary>
    public static string? OfText(string name) => IsBuffer(name) ? null : name;

    /// <summary>Whether a tensor is a buffer that old versions saved and that follows from the configuration.</summary>
    private static bool IsBuffer(string name) =>
        name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || name.EndsWith("embeddings.position_ids", StringComparison.Ordinal);

    private static string TowerName(string name) => name.StartsWith("vision_model.", StringComparison.Ordinal) ? name : "vision_model." + name;

    /// <summary>Maps stand at the even places of a sequence, activations between them; a single map has no place.</summary>
    private static string ProjectorName(string rest)
    {
        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        const string Prefix = "model.multi_modal_projector.";
        return dot < 0 ? $"{Prefix}linear_1.{rest}"
            : int.TryParse(rest[..dot], out var place) && place % 2 == 0 ? $"{Prefix}linear_{(place / 2) + 1}{rest[dot..]}"
            : Prefix + rest;
    }
}
