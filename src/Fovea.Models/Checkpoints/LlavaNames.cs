namespace Fovea.Models.Checkpoints;

/// <summary>A LLaVA model's tensor names as Transformers 4.52 writes them, from those of earlier versions and of version 5.</summary>
internal static class LlavaNames
{
    private const string Tower = "model.vision_tower.";
    private const string Text = "language_model.";

    public static string Canonical(string name)
    {
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
        return name.StartsWith(Tower, StringComparison.Ordinal) && !name.StartsWith(Tower + "vision_model.", StringComparison.Ordinal)
            ? Tower + "vision_model." + name[Tower.Length..]
            : name;
    }
}
